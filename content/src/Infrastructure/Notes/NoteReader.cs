using Application.Notes;
using Domain.Notes;

namespace Infrastructure.Notes;

internal sealed class NoteReader(ShardReader shards) : INoteReader
{
    private static readonly Func<ShardContext, UserId, NoteId, CancellationToken, Task<NoteView?>> One = EF.CompileAsyncQuery(
        (ShardContext context, UserId owner, NoteId id, CancellationToken _) => context.Set<Note>()
            .Where(n => n.Owner == owner && n.Id == id)
            .Select(n => new NoteView(n.Id.Value, n.Text, n.WrittenAt, n.EditedAt))
            .SingleOrDefault());

    private static readonly Func<ShardContext, UserId, NoteId, int, IAsyncEnumerable<NoteView>> Several = EF.CompileAsyncQuery(
        (ShardContext context, UserId owner, NoteId before, int limit) => context.Set<Note>()
            .Where(n => n.Owner == owner && n.Id < before)
            .OrderByDescending(n => n.Id)
            .Take(limit)
            .Select(n => new NoteView(n.Id.Value, n.Text, n.WrittenAt, n.EditedAt)));

    public Task<NoteView?> FindAsync(NoteId id, UserId owner, CancellationToken cancellationToken) =>
        shards.ReadAsync(owner, context => One(context, owner, id, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<NoteView>> ListAsync(UserId owner, NoteId? after, int limit, CancellationToken cancellationToken) =>
        shards.ReadAsync<IReadOnlyList<NoteView>>(
            owner,
            async context => await Several(context, owner, after ?? new(Guid.AllBitsSet), limit).ToListAsync(cancellationToken),
            cancellationToken);
}
