#!/bin/bash
# Runs a server that must not outlive its host: run.sh [--pipe] SIGNAL PID_FILE COMMAND [ARGUMENT...]
#
# The command gets SIGNAL when this script gets SIGTERM. With --pipe it gets SIGNAL when standard input ends, and SIGKILL
# 15 seconds later: only the host holds the other end, so that happens also when the host dies, however it dies.
# PID_FILE exists as long as the command does. The exit code is the command's.
set -um # m: each background job has a process group of its own, so Ctrl-C in a terminal does not reach the command.

pipe=
if [ "$1" = --pipe ]; then
    pipe=yes
    shift
fi
signal=$1 pid_file=$2
shift 2
echo $$ >"$pid_file"
exec 3<&0 </dev/null

command= stopped=
stop() {
    stopped=yes
    [ -z "$command" ] || kill -s "$signal" -- "-$command" 2>/dev/null
}
# With a pipe, Ctrl-C reaches this shell too; the host decides what it means.
if [ -n "$pipe" ]; then trap : INT TERM HUP; else trap stop INT TERM HUP; fi

"$@" 3<&- &
command=$!
watcher=
if [ -n "$pipe" ]; then
    {
        cat <&3
        stop
        sleep 15
        kill -s KILL -- "-$command"
    } >/dev/null 2>&1 &
    watcher=$!
    disown %%
elif [ -n "$stopped" ]; then
    stop
fi
exec 3<&-

# A trap interrupts wait, so wait until the command is over. While it is stopped (SIGSTOP), wait returns at once.
while
    wait "$command"
    status=$?
    kill -s 0 "$command" 2>/dev/null
do
    sleep 0.1 &
    wait "$!"
done

[ -z "$watcher" ] || kill -s KILL -- "-$watcher" 2>/dev/null
rm -f "$pid_file"
exit "$status"
