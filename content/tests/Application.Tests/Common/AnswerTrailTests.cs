namespace Application.Tests.Common;

public sealed class AnswerTrailTests
{
    [Fact]
    public void Sources_are_told_once_each_and_in_the_order_they_were_asked()
    {
        var trail = new AnswerTrail();

        trail.Add("db", "replica");
        trail.Add("db", "primary");
        trail.Add("db", "replica");

        Assert.Equal([("db", "replica"), ("db", "primary")], trail.Sources);
    }
}
