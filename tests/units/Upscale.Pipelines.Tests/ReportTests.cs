using System.Text.RegularExpressions;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class ReportTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _engine = new(new UpscaleHome(TestData.Root), new SessionPool());

    private string Page => _folder.File("out", "report.html");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_page_has_a_row_for_every_outcome_in_the_order_of_the_sources()
    {
        string[] sources = [await WriteAsync("z.png"), _folder.Touch("bad.png"), await WriteAsync("a.png"), await WriteAsync("there.png")];
        _folder.Touch("out", "there_2x.png");
        string page = await RunAsync(sources, r => r with { Existing = ExistingTarget.Skip });
        Assert.Equal(["z.png", "bad.png", "a.png", "there.png"], Matches(page, "<h2><bdi>(.*?)</bdi>"));
        Assert.Equal(["done", "failed", "done", "skipped"], Matches(page, "<article data-state=\"(.*?)\""));
        Assert.Contains("4 pictures: 2 done, 1 failed, 1 skipped", page, StringComparison.Ordinal);
        Assert.Contains($"<code>{UpscaleErrorId.FormatNotSupported}</code>", page, StringComparison.Ordinal);
        Assert.Equal(2, Matches(page, "(<input type=\"range\")").Length);
        Assert.Contains("8 × 6 to 16 × 12 (2x)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("ended early", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_and_messages_cannot_become_markup()
    {
        string name = OperatingSystem.IsWindows() ? "'x' & é.png" : "<img src=x onerror=alert(1)>\"'&\n\u202eé.png";
        string page = await RunAsync([await WriteAsync(name), _folder.Touch("bad" + name)]);
        Assert.DoesNotContain("<img src=x", page, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\ufffd", page, StringComparison.Ordinal);
        Assert.All(Matches(page, "(?:href|src|alt|aria-label)=\"([^\"]*)\""), value => Assert.DoesNotMatch("[<>']", value));
    }

    [Fact]
    public async Task A_page_loads_nothing_and_links_to_the_files_from_where_it_lies()
    {
        string page = await RunAsync([await WriteAsync("100% #1?.png")]);
        Assert.All(Matches(page, "src=\"([^\"]{0,16})"), source => Assert.Equal("data:image/webp;", source));
        Assert.DoesNotMatch("https?://", page);
        Assert.Equal(["./../100%25%20%231%3F.png", "./100%25%20%231%3F_2x.png"], Matches(page, "href=\"([^\"]*)\""));
        Assert.All(Matches(page, "href=\"([^\"]*)\""), link => Assert.True(File.Exists(_folder.File("out", Uri.UnescapeDataString(link))), link));
    }

    [Fact]
    public async Task A_thumbnail_is_small_and_as_it_is_shown()
    {
        string path = await WriteAsync("big.png", new ImageShape(1500, 300, 1));
        byte[] thumbnail = Thumbnail.Make(path, 640)!;
        File.WriteAllBytes(_folder.File("thumbnail.webp"), thumbnail);
        await using ImageReader reader = ImageReader.Open(_folder.File("thumbnail.webp"));
        Assert.Equal((640, 128), (reader.Header.Shape.Width, reader.Header.Shape.Height));
        Assert.Null(Thumbnail.Make(_folder.Touch("none.png"), 640));
    }

    [Fact]
    public async Task A_run_that_is_left_tells_what_is_known_so_far()
    {
        string source = await WriteAsync("a.png");
        using var report = RunReport.Create(Page, TimeProvider.System);
        await using (var batch = new UpscaleBatch(_engine, 1, null, default) { Report = report })
        {
            batch.Add(await batch.PlanAsync(Request(source)));
            Assert.NotNull((await batch.NextAsync()).Result);
        }

        report.Write(complete: false);
        string page = File.ReadAllText(Page);
        Assert.Contains("1 picture: 1 done", page, StringComparison.Ordinal);
        Assert.Contains("ended early", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_replaces_a_report_and_nothing_else()
    {
        string source = await WriteAsync("a.png");
        await RunAsync([source]);
        await RunAsync([source], r => r with { Existing = ExistingTarget.Replace });
        File.WriteAllText(Page, "<!DOCTYPE html>\n<html>my own page");
        var error = Assert.Throws<UpscaleException>(() => RunReport.Create(Page, TimeProvider.System));
        Assert.Equal(UpscaleErrorId.TargetExists, error.ErrorId);
        Assert.Contains(Page, error.Message, StringComparison.Ordinal);
        Assert.Equal("<!DOCTYPE html>\n<html>my own page", File.ReadAllText(Page));
        Assert.Equal(UpscaleErrorId.FileWriteFailed, Assert.Throws<UpscaleException>(() => RunReport.Create(_folder.File("out"), TimeProvider.System)).ErrorId);
    }

    [Fact]
    public void Nothing_is_at_the_pages_place_before_the_end()
    {
        using (RunReport.Create(Page, TimeProvider.System))
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("out")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("out")));
    }

    private static string[] Matches(string text, string pattern) => [.. Regex.Matches(text, pattern, RegexOptions.Singleline).Select(m => m.Groups[1].Value)];

    private UpscaleRequest Request(string source) => new() { Source = source, Destination = _folder.File("out"), Stages = [StageSpec.Parse("interpolation:kernel=box,scale=2")] };

    private async Task<string> RunAsync(string[] sources, Func<UpscaleRequest, UpscaleRequest>? change = null)
    {
        using var report = RunReport.Create(Page, TimeProvider.System);
        await BatchRun.RunAsync(_engine, sources.Select(Request).Select(r => change?.Invoke(r) ?? r), report: report);
        report.Write(complete: true);
        return File.ReadAllText(Page);
    }

    private async Task<string> WriteAsync(string name, ImageShape? shape = null)
    {
        string path = _folder.File(name);
        await ImageWriter.WriteAsync(path, new EncodeOptions { Format = ImageFormats.Png }, Picture.Sample(shape ?? new ImageShape(8, 6, 3)).Source(), null, ImageMetadata.None, default);
        return path;
    }
}
