using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Upscale.Cli.Tests;

/// <summary>The page of <c>--report</c>, opened in a browser where one is installed.</summary>
public sealed class ReportPageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_page_shows_compares_and_filters_with_the_keyboard_alone_and_without_a_network()
    {
        string name = OperatingSystem.IsWindows() ? "'b' תמונה 図.png" : "<b onload=alert(1)>\"'& תמונה 図.png";
        _folder.Picture("a.png");
        _folder.Picture(name);
        _folder.Broken("c.png");
        _folder.Picture("d.png");
        File.WriteAllText(_folder.At("d_2x.png"), "old");
        CommandLine.Ended ended = await CommandLine.RunAsync(
            _folder.Root, "run", "a.png", "c.png", "d.png", "--report", "page.html", "--existing", "skip", "--stage", "interpolation", "--scale", "2", "--", name);
        Assert.Equal(2, ended.Code);

        string page = File.ReadAllText(_folder.At("page.html"));
        Assert.Equal(4, Regex.Count(page, "<article "));
        Assert.Equal(5, Regex.Count(page, "src=\"data:image/webp;base64,[A-Za-z0-9+/=]+\""));
        Assert.Equal(2, Regex.Count(page, "<input type=\"range\" [^>]*aria-label="));
        await using Browser? browser = await Browser.OpenAsync(_folder.At("page.html"));
        if (browser is null)
            return;

        Assert.Equal(["a.png", "c.png", "d.png", name], Texts(await browser.EvaluateAsync("[...document.querySelectorAll('h2')].map(h => h.textContent)")));
        await browser.EvaluateAsync("Promise.all([...document.images].map(i => { i.loading = 'eager'; return i.decode(); }))");
        Assert.Equal(["212", "106", "106", "212", "106"], Texts(await browser.EvaluateAsync("[...document.images].map(i => '' + i.naturalWidth)")));
        Assert.Equal("0", $"{await browser.EvaluateAsync("document.querySelectorAll('b, [onload]').length")}");

        // The two pictures lie exactly on each other.
        Assert.Equal("1", $"{await browser.EvaluateAsync("new Set([...document.querySelectorAll('.compare')[0].querySelectorAll('img')].map(i => JSON.stringify(i.getBoundingClientRect()))).size")}");

        // From the filter over the links to the slider.
        await browser.EvaluateAsync("document.getElementById('show-all').focus()");
        for (int i = 0; i < 20 && !(bool)(await browser.EvaluateAsync("document.activeElement.type === 'range'"))!; i++)
            await browser.PressAsync("Tab", 9);
        await browser.PressAsync("ArrowRight", 39);
        Assert.Equal("51%", (string?)await browser.EvaluateAsync("document.activeElement.parentElement.style.getPropertyValue('--at')"));
        Assert.Equal("inset(0px 49% 0px 0px)", (string?)await browser.EvaluateAsync("getComputedStyle(document.querySelector('.before')).clipPath.replace(/calc\\(100% - 51%\\)/, '49%')"));
        await browser.PressAsync("Home", 36);
        Assert.Equal("0%", (string?)await browser.EvaluateAsync("document.activeElement.parentElement.style.getPropertyValue('--at')"));

        const string Shown = "[...document.querySelectorAll('article')].filter(a => a.offsetParent !== null).map(a => a.querySelector('h2').textContent)";
        await browser.EvaluateAsync("document.getElementById('show-all').focus()");
        (string Filter, string[] Rows)[] filters = [("failed", ["c.png"]), ("warned", []), ("skipped", ["d.png"]), ("done", ["a.png", name])];
        foreach ((string filter, string[] rows) in filters)
        {
            await browser.PressAsync("ArrowRight", 39);
            Assert.Equal($"show-{filter}", (string?)await browser.EvaluateAsync("document.activeElement.id"));
            Assert.Equal(rows, Texts(await browser.EvaluateAsync(Shown)));
        }

        Assert.Empty(browser.Troubles);
        Assert.All(browser.Loaded, address => Assert.Matches("^(data:|file:///.*/page\\.html$)", address));
    }

    private static string[] Texts(JsonNode? array) => [.. ((JsonArray)array!).Select(t => (string)t!)];
}
