#!/bin/bash
# Runs a command that must not outlive LocalHost: supervise.sh SIGNAL PID_FILE COMMAND [ARGUMENT...]
#
# Standard input is a pipe whose other end only LocalHost holds. It closes when LocalHost wants the command to stop, and
# also when LocalHost dies, however it dies. Then the command gets SIGNAL, and 15 seconds later SIGKILL.
# PID_FILE exists as long as the command does. The exit code is the command's.
set -um # m: each background job has a process group of its own, so Ctrl-C in a terminal does not reach the command.

signal=$1 pid_file=$2
shift 2
echo $$ >"$pid_file"
exec 3<&0 </dev/null

"$@" 3<&- &
command=$!
{
    cat <&3
    kill -s "$signal" -- "-$command"
    sleep 15
    kill -s KILL -- "-$command"
} >/dev/null 2>&1 &
watcher=$!
disown %%
exec 3<&-

# Ctrl-C reaches this shell too; LocalHost decides what it means. A trap interrupts wait, so wait until it is over. While
# the command is stopped (SIGSTOP), wait returns at once.
trap : INT TERM HUP
while
    wait "$command"
    status=$?
    kill -s 0 "$command" 2>/dev/null
do
    sleep 0.1 &
    wait "$!"
done

kill -s KILL -- "-$watcher" 2>/dev/null
rm -f "$pid_file"
exit "$status"
