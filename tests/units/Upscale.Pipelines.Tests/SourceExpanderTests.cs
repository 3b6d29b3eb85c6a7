namespace Upscale.Pipelines.Tests;

public sealed class SourceExpanderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SourceExpanderTests()
    {
        foreach (string[] file in new string[][] { ["b.png"], ["a.PNG"], ["note.txt"], ["[1] é.png"], ["sub", "c.jpg"], ["sub", "deep", "d.webp"], ["other", "e.png"], [".hidden.png"] })
            _folder.Touch(file);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_stands_for_the_pictures_in_it() => Check(["."], false, "[1] é.png", "a.PNG", "b.png");

    [Fact]
    public void A_folder_with_everything_below_keeps_where_each_picture_was()
    {
        Check(["."], true, "[1] é.png", "a.PNG", "b.png", "other/e.png", "sub/c.jpg", "sub/deep/d.webp");
        Assert.Equal(Path.Combine("sub", "deep"), SourceExpander.Expand(["."], true, _folder.Path).Single(f => f.Path.EndsWith("d.webp", StringComparison.Ordinal)).RelativeFolder);
    }

    [Theory]
    [InlineData("/a/b.png", "/", true)]
    [InlineData("/a/b.png", "/a", true)]
    [InlineData("/a/b.png", "/a/", true)]
    [InlineData("/a", "/a/", true)]
    [InlineData("/ab/c.png", "/a", false)]
    [InlineData("/", "/a", false)]
    public void A_path_is_below_the_folders_above_it_and_the_root_of_all(string path, string folder, bool below)
        => Assert.Equal(below, FilePath.IsBelow(path.Replace('/', Path.DirectorySeparatorChar), folder.Replace('/', Path.DirectorySeparatorChar)));

    [Fact]
    public void Wildcards_match_in_every_segment()
    {
        Check(["*.png"], false, "[1] é.png", "b.png");
        Check(["?.png"], false, "b.png");
        Check(["*/*.jpg"], false, "sub/c.jpg");
        Check(["**/*.webp"], false, "sub/deep/d.webp");
    }

    [Fact]
    public void A_name_with_brackets_is_a_name() => Check(["[1] é.png"], false, "[1] é.png");

    [Fact]
    public void A_file_that_is_named_twice_comes_once() => Check(["b.png", "*.png"], false, "b.png", "[1] é.png");

    [Fact]
    public void A_missing_name_is_passed_on_and_a_pattern_without_match_gives_nothing()
    {
        Check(["missing.png"], false, "missing.png");
        Check(["*.gif", "nowhere/*.png"], false);
    }

    private void Check(string[] patterns, bool recurse, params string[] expected)
        => Assert.Equal(
            expected,
            SourceExpander.Expand(patterns, recurse, _folder.Path).Select(f => Path.GetRelativePath(_folder.Path, f.Path).Replace('\\', '/')));
}
