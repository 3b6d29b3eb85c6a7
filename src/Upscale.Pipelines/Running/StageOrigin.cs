using System.Globalization;

namespace Upscale.Pipelines.Running;

/// <summary>Whose stage it is and what it works on: what every fault of it tells.</summary>
/// <param name="Stage">Id of the stage.</param>
/// <param name="Plugin">Id of the plugin that offers it.</param>
/// <param name="Picture">Full path of the picture; empty for none.</param>
internal sealed record StageOrigin(string Stage, string Plugin, string Picture)
{
    private string Name => $"stage '{Stage}' of the plugin '{Plugin}'";

    public override string ToString() => $"The {Name}";

    /// <summary>
    /// What it threw as an error of the engine. The exception itself is left behind: it would hold the plugin's code in memory for as long as
    /// somebody holds the error, as PowerShell does.
    /// </summary>
    public UpscaleException Failed(Exception e) => e switch
    {
        UpscaleException expected => new(expected.ErrorId, expected.Message),
        OutOfMemoryException => Fault(UpscaleErrorId.OutOfMemory, "ran out of memory. Choose a smaller tile, or close other programs."),
        FileNotFoundException { FileName: { } name } when name.Contains(", Version=", StringComparison.Ordinal) => Fault(
            UpscaleErrorId.PluginNotLoaded,
            $"needs {name[..name.IndexOf(',', StringComparison.Ordinal)]}.dll, which is not in its folder. Take the whole folder that 'dotnet publish' makes."),
        _ => Fault(UpscaleErrorId.StageFailed, $"failed: {e.GetType().Name}: {e.Message}"),
    };

    /// <summary>What it gave is not what it promised.</summary>
    public UpscaleException Broken(string what) => Fault(UpscaleErrorId.StageFailed, $"broke its promise: it {what}.");

    /// <summary>It took longer than it may.</summary>
    public UpscaleException TooSlow(TimeSpan limit) => Fault(
        UpscaleErrorId.TimeLimitExceeded,
        string.Create(CultureInfo.InvariantCulture, $"was given up: it worked on one strip for more than {limit.TotalSeconds} s. Allow stages more time, or leave it out."));

    /// <summary>A value that no pixel can have.</summary>
    public UpscaleException NotFinite(int channel, int row, int column, float value) => Fault(
        UpscaleErrorId.OutputDegenerate,
        string.Create(CultureInfo.InvariantCulture, $"gave the value {value} in channel {channel}, row {row}, column {column}. Nothing was written."));

    private UpscaleException Fault(string id, string what)
        => new(id, Picture.Length == 0 ? $"{this} {what}" : $"{Picture} cannot be made: the {Name} {what}");
}
