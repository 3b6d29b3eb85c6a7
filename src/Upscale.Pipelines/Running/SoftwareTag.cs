using System.Globalization;
using System.Text;
using Upscale.Pipelines.Plugins;

namespace Upscale.Pipelines.Running;

/// <summary>What was done to a picture, as a line for its metadata.</summary>
internal static class SoftwareTag
{
    // Metadata of a JPEG file has 64 KB in all.
    private const int MaxLength = 8000;

    /// <summary>
    /// Program and version, the pipeline's name, the stages with their networks and the options that were given, the seed:
    /// <c>Upscale 0.1.0; diffusion:model=sinsr-x4-compact,scale=4; seed 7</c>. The same for the same picture and request wherever it is
    /// made: no folders, no times, options in the order of their names. Printable ASCII, as EXIF wants it; other characters are written as \uXXXX.
    /// </summary>
    public static string Describe(UpscalePlan plan, PluginCatalog plugins)
    {
        string version = typeof(SoftwareTag).Assembly.GetName().Version!.ToString(3);
        IEnumerable<string> made = plan.Request.Pipeline is { } pipeline ? [$"Upscale {version}", $"pipeline {pipeline.Name}"] : [$"Upscale {version}"];
        string done = Printable(string.Join("; ", made.Concat(Stages(plan, plugins))));
        if (done.Length > MaxLength)
            done = done[..MaxLength] + "...";
        return string.Create(CultureInfo.InvariantCulture, $"{done}; seed {plan.Request.Seed}");
    }

    /// <summary>The stages with their networks and the options that were given, written in one way whatever way they were given in.</summary>
    public static IEnumerable<string> Stages(UpscalePlan plan, PluginCatalog plugins)
        => plan.Stages.Zip(plan.StagePlans, (spec, stagePlan) => Describe(plugins.Stage(spec.Id), spec, stagePlan).ToString());

    private static StageSpec Describe(StageInfo stage, StageSpec spec, StagePlan plan)
    {
        var told = new StageSpec(stage.Id);
        if (plan.Models.Count > 0)
            told = told.With(("model", string.Join('+', plan.Models.Distinct())));
        foreach ((OptionInfo option, object value) in spec.Options.Select(o => (Declared(stage, o.Key), o.Value)).OrderBy(o => o.Item1.Name, StringComparer.Ordinal))
        {
            object canonical = OptionBinder.Convert(option, value, null);
            if (option.Type == "path")
                canonical = Path.GetFileName(canonical.ToString()!);
            if (option.Type != "model")
                told = told.With((option.Name, canonical));
        }

        return told;
    }

    private static OptionInfo Declared(StageInfo stage, string name) => stage.Options.First(o => o.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string Printable(string text)
    {
        var printable = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (c is >= ' ' and <= '~')
                printable.Append(c);
            else
                printable.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
        }

        return printable.ToString();
    }
}
