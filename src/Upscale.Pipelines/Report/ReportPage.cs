using System.Globalization;
using System.Net;
using System.Text;
using Upscale.Imaging;

namespace Upscale.Pipelines;

/// <summary>The HTML of a <see cref="RunReport"/>.</summary>
internal static class ReportPage
{
    /// <summary>What every report begins with: tells it from other pages.</summary>
    public const string Start = "<!DOCTYPE html>\n<html lang=\"en\" data-made-by=\"upscale\">\n";

    /// <summary>Up to the first row.</summary>
    public static string Head(ReportTotals totals, DateTimeOffset begun, DateTimeOffset ended, bool complete)
    {
        var page = new StringBuilder(Start);
        page.Append(CultureInfo.InvariantCulture, $"""
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
            <title>Upscale: {Count(totals.All, "picture")}</title>
            <style>
            {Asset("page.css")}
            </style>
            </head>
            <body>
            <header>
            <h1>{Count(totals.All, "picture")}: {totals.Done} done, {totals.Failed} failed, {totals.Skipped} skipped</h1>
            <p>{begun:yyyy-MM-dd HH:mm:ss} to {ended:yyyy-MM-dd HH:mm:ss}</p>

            """);
        if (!complete)
            page.Append("<p class=\"notice\">The run was ended early: pictures that were not finished are missing here.</p>\n");
        if (totals.Lost > 0)
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"notice\">{Count(totals.Lost, "picture")} could not be put on this page: the disk is full.</p>\n");
        if (totals.WithoutPictures)
            page.Append("<p class=\"notice\">There are too many pictures for one page: some are told without being shown.</p>\n");
        page.Append("<fieldset><legend>Show</legend>\n");
        (string Id, string Label, int Number)[] filters =
            [("all", "All", totals.All), ("failed", "Failed", totals.Failed), ("warned", "With warnings", totals.Warned), ("skipped", "Skipped", totals.Skipped), ("done", "Done", totals.Done)];
        foreach ((string id, string label, int number) in filters)
            page.Append(CultureInfo.InvariantCulture, $"<label><input type=\"radio\" name=\"show\" id=\"show-{id}\"{(id == "all" ? " checked" : "")}>{label} ({number})</label>\n");
        return page.Append("</fieldset>\n</header>\n<main>\n").ToString();
    }

    /// <summary>One picture.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="before">Thumbnail of the source, or null.</param>
    /// <param name="after">Thumbnail of the result, or null.</param>
    /// <param name="folder">The page's folder, which links start from.</param>
    public static string Row(UpscaleOutcome outcome, byte[]? before, byte[]? after, string folder)
    {
        UpscaleResult? result = outcome.Result;
        string state = result is null ? "failed" : result.State == UpscaleState.Skipped ? "skipped" : "done";
        string name = Text(Path.GetFileName(outcome.Source));
        var row = new StringBuilder();
        row.Append(CultureInfo.InvariantCulture, $"<article data-state=\"{state}\" data-warnings=\"{result?.Warnings.Count ?? 0}\">\n<h2><bdi>{name}</bdi></h2>\n<p><span class=\"state {state}\">{state}</span> {Facts(outcome)}</p>\n");
        row.Append(CultureInfo.InvariantCulture, $"<p class=\"paths\">{Link(outcome.Source, folder)}{(result is null ? "" : $" <span aria-label=\"to\">\u2192</span> {Link(result.Path, folder)}")}</p>\n");
        if (outcome.Error is { } error)
            row.Append(CultureInfo.InvariantCulture, $"<p class=\"error\">{Text(error.Message)} <code>{Text(error is UpscaleException expected ? expected.ErrorId : error.GetType().Name)}</code></p>\n");
        if (outcome.Plan?.SkipReason is { } reason)
            row.Append(CultureInfo.InvariantCulture, $"<p>Skipped: {Text(reason)}.</p>\n");
        if (result?.Warnings is { Count: > 0 } warnings)
            row.Append(CultureInfo.InvariantCulture, $"<ul class=\"warnings\">{string.Concat(warnings.Select(w => $"<li>{Text(w)}</li>"))}</ul>\n");
        AppendPictures(row, outcome, name, before, after);
        return row.Append("</article>\n").ToString();
    }

    /// <summary>After the last row.</summary>
    public static string Tail() => $"</main>\n<script>\n{Asset("page.js")}\n</script>\n</body>\n</html>\n";

    private static void AppendPictures(StringBuilder row, UpscaleOutcome outcome, string name, byte[]? before, byte[]? after)
    {
        ImageShape shape = outcome.Plan?.Output ?? default;
        if (before is not null && after is not null)
        {
            row.Append(CultureInfo.InvariantCulture, $"""
                <div class="compare" style="aspect-ratio: {shape.Width} / {shape.Height}; --width: {shape.Width}px; --at: 50%">
                <img loading="lazy" alt="{name}, after" src="{Data(after)}">
                <img loading="lazy" class="before" alt="{name}, before" src="{Data(before)}">
                <span class="line"></span><span class="label left">before</span><span class="label right">after</span>
                <input type="range" min="0" max="100" value="50" aria-label="How much of {name} is shown as it was before, in percent">
                </div>

                """);
        }
        else if ((after ?? before) is { } only)
        {
            row.Append(CultureInfo.InvariantCulture, $"<img class=\"single\" loading=\"lazy\" alt=\"{name}, {(after is null ? "before" : "after")}\" src=\"{Data(only)}\">\n");
        }
    }

    private static string Facts(UpscaleOutcome outcome)
    {
        var facts = new List<string>();
        if (outcome.Plan is { } plan)
            facts.Add(string.Create(CultureInfo.InvariantCulture, $"{plan.Input.Width} \u00d7 {plan.Input.Height} to {plan.Output.Width} \u00d7 {plan.Output.Height} ({plan.Scale:0.##}x)"));
        if (outcome.Result is { } result)
            facts.Add(Text(result.Model ?? string.Join(", ", outcome.Plan?.Stages.Select(s => s.Id) ?? [])));
        if (outcome.Result is { State: UpscaleState.Done } done)
            facts.Add(string.Create(CultureInfo.InvariantCulture, $"{Text(done.Engine is null ? done.Device : $"{done.Device} ({done.Engine})")}, {done.Elapsed.TotalSeconds:0.0} s"));
        return string.Join(" \u00b7 ", facts);
    }

    private static string Link(string path, string folder)
    {
        string relative = Path.GetRelativePath(folder, path);
        bool elsewhere = Path.IsPathRooted(relative);
        string address = string.Join('/', relative.Split(Path.DirectorySeparatorChar).Select((part, i) => elsewhere && i == 0 ? part : Uri.EscapeDataString(part)));
        return $"<a href=\"{Text((elsewhere ? "file:///" : "./") + address)}\"><bdi>{Text(relative)}</bdi></a>";
    }

    private static string Count(int number, string of) => string.Create(CultureInfo.InvariantCulture, $"{number} {of}{(number == 1 ? "" : "s")}");

    private static string Data(byte[] picture) => $"data:{Thumbnail.MediaType};base64,{Convert.ToBase64String(picture)}";

    /// <summary>Text that is safe in HTML, also in an attribute, whatever a file name has in it.</summary>
    private static string Text(string text) => WebUtility.HtmlEncode(string.Concat(text.Select(c => char.IsControl(c) ? '\ufffd' : c)));

    private static string Asset(string name)
    {
        using Stream stream = typeof(ReportPage).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().Trim();
    }
}
