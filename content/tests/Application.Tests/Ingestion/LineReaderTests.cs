using System.IO.Pipelines;
using System.Text;
using Application.Ingestion;

namespace Application.Tests.Ingestion;

public sealed class LineReaderTests
{
    private const int MaxLength = 10;

    [Theory]
    [InlineData("")]
    [InlineData("a", "a")]
    [InlineData("a\n", "a")]
    [InlineData("a\n\nb", "a", "", "b")]
    [InlineData("\n", "")]
    [InlineData("0123456789\n0123456789a\nb", "0123456789", "too long", "b")]
    [InlineData("0123456789a", "too long")]
    [InlineData("\ufeff", "")]
    [InlineData("\ufeffa\nb", "a", "b")]
    [InlineData("a\n\ufeffb", "a", "\ufeffb")]
    public async Task Lines_are_read_one_by_one(string body, params string[] lines) =>
        Assert.Equal(lines, await ReadAsync(PipeReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(body)))));

    [Fact]
    public async Task However_a_body_is_cut_into_pieces_its_lines_are_the_same()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var body = new string(random.GetItems<char>("ab\n", random.Next(60)));
            var pieces = new Pipe();
            var writing = Task.Run(
                async () =>
                {
                    foreach (var piece in Encoding.UTF8.GetBytes(body).Chunk(random.Next(1, 8)))
                    {
                        await pieces.Writer.WriteAsync(piece);
                    }

                    await pieces.Writer.CompleteAsync();
                },
                TestContext.Current.CancellationToken);
            var lines = await ReadAsync(pieces.Reader);
            await writing;

            var expected = body.Split('\n').Select(line => line.Length > MaxLength ? "too long" : line).ToList();
            if (expected[^1].Length == 0)
            {
                expected.RemoveAt(expected.Count - 1);
            }

            Assert.True(expected.SequenceEqual(lines), $"Seed {seed}: {string.Join('|', lines)}");
        }
    }

    [Fact]
    public async Task At_the_end_the_body_is_given_back_to_the_server()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("a\nb"u8.ToArray(), TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(["a", "b"], await ReadAsync(pipe.Reader));

        // It would throw if a read were under way.
        Assert.True(pipe.Reader.TryRead(out var rest));
        Assert.True(rest is { IsCompleted: true, Buffer.IsEmpty: true });
    }

    /// <summary>The pipe of a request holds a megabyte; a writer who is not read from has to wait.</summary>
    [Fact]
    public async Task Nothing_is_read_ahead_and_a_line_without_end_is_not_kept()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1_000, resumeWriterThreshold: 500));
        using var lines = new LineReader(pipe.Reader, MaxLength, TimeSpan.FromSeconds(30));
        await pipe.Writer.WriteAsync("first\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.True(await lines.ReadAsync(TestContext.Current.CancellationToken));
        var more = pipe.Writer.WriteAsync(new byte[2_000], TestContext.Current.CancellationToken).AsTask();
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(more.IsCompleted);

        var next = lines.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        await more.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        for (var i = 0; i < 100; i++)
        {
            await pipe.Writer.WriteAsync(new byte[900], TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        }

        await pipe.Writer.CompleteAsync();
        Assert.True(await next);
        Assert.True(lines is { IsTooLong: true, Number: 2, Line.Length: 0 });
        Assert.False(await lines.ReadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_body_that_stops_coming_is_given_up()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("a\nb"u8.ToArray(), TestContext.Current.CancellationToken);
        using var lines = new LineReader(pipe.Reader, MaxLength, TimeSpan.FromMilliseconds(50));
        Assert.True(await lines.ReadAsync(TestContext.Current.CancellationToken));

        await Assert.ThrowsAsync<BodyStalledException>(async () => await lines.ReadAsync(TestContext.Current.CancellationToken));

        // It would throw if a read were under way.
        await pipe.Writer.WriteAsync("c"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.True(pipe.Reader.TryRead(out _));
    }

    private static async Task<List<string>> ReadAsync(PipeReader reader)
    {
        using var lines = new LineReader(reader, MaxLength, TimeSpan.FromSeconds(30));
        var read = new List<string>();
        while (await lines.ReadAsync(CancellationToken.None))
        {
            Fill(lines.Number - 1);
            read.Add(lines.IsTooLong ? "too long" : Encoding.UTF8.GetString(lines.Line));
            Assert.Equal(read.Count, lines.Number);
        }

        Fill(lines.Number);
        return read;

        // Empty lines are counted and not given.
        void Fill(long count) => read.AddRange(Enumerable.Repeat("", (int)count - read.Count));
    }
}
