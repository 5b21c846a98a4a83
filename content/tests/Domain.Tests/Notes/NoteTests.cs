using Domain.Notes;

namespace Domain.Tests.Notes;

public sealed class NoteTests
{
    private static readonly UserId Alice = UserId.Of("issuer", "alice");
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static TheoryData<string> Refused => ["", " \n", "a\0b", new string('a', Note.MaxLength + 1)];

    [Fact]
    public void A_note_says_what_was_written_and_its_id_is_in_its_owners_bucket()
    {
        var note = Note.Write(Alice, "Buy milk", Now).Value;

        Assert.Equal((Alice, "Buy milk", Now, null), (note.Owner, note.Text, note.WrittenAt, note.EditedAt));
        Assert.Equal(Alice.Bucket, Uuid8.BucketOf(note.Id.Value));
    }

    [Theory, MemberData(nameof(Refused))]
    public void A_text_that_cannot_be_kept_is_refused_and_changes_nothing(string text)
    {
        var note = Note.Write(Alice, "Buy milk", Now).Value;

        Assert.Equal(NoteErrors.TextRefused, Note.Write(Alice, text, Now).FirstError);
        Assert.Equal(NoteErrors.TextRefused, note.Edit(text, Now.AddHours(1)).FirstError);
        Assert.Equal(("Buy milk", null), (note.Text, note.EditedAt));
    }

    [Fact]
    public void An_edit_changes_the_text_and_the_time_of_the_last_edit()
    {
        var note = Note.Write(Alice, "Buy milk", Now).Value;

        Assert.False(note.Edit("Buy bread", Now.AddHours(1)).IsError);
        Assert.False(note.Edit("Buy bread", Now.AddHours(2)).IsError);

        Assert.Equal(("Buy bread", Now, Now.AddHours(1)), (note.Text, note.WrittenAt, note.EditedAt));
    }
}
