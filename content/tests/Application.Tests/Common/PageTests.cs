using FluentValidation;

namespace Application.Tests.Common;

public sealed class PageTests
{
    private static readonly Guid[] Rows = [.. Enumerable.Range(1, 4).Select(n => new Guid(n, 0, 0, new byte[8]))];

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_list_that_fits_is_the_last_page(int rows)
    {
        var page = Page.Cut(Rows[..rows], limit: 3, row => row);

        Assert.Equal(Rows[..rows], page.Items);
        Assert.Null(page.Next);
    }

    [Fact]
    public void When_more_follows_the_page_is_cut_and_points_at_its_last_row()
    {
        var page = Page.Cut(Rows, limit: 3, row => row);

        Assert.Equal(Rows[..3], page.Items);
        Assert.Equal(Rows[2], page.Next);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(Page.MaxLimit, true)]
    [InlineData(Page.MaxLimit + 1, false)]
    public void A_limit_is_between_1_and_the_largest(int limit, bool valid)
    {
        var validator = new InlineValidator<int>();
        validator.RuleFor(value => value).IsPageLimit();

        Assert.Equal(valid, validator.Validate(limit).IsValid);
    }
}
