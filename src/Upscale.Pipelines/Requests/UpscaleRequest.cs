using Upscale.Imaging;
using Upscale.Inference;

namespace Upscale.Pipelines;

/// <summary>What a face asks for: one picture and what to make of it.</summary>
public sealed record UpscaleRequest
{
    /// <summary>The most that <see cref="TimeLimit"/> and <see cref="StageTimeout"/> may be: what a timer can count.</summary>
    public static readonly TimeSpan LongestTimeLimit = TimeSpan.FromDays(49);

    /// <summary>Full path of the picture.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// Which frame of an animation or page is taken, from 0; null for all where the format of the result holds them, else for the first.
    /// </summary>
    public int? Frame { get; init; }

    /// <summary>Full path of the folder for the result, made when it is missing; null for the source's folder.</summary>
    public string? Destination { get; init; }

    /// <summary>Folder to keep below <see cref="Destination"/>, relative; null for none.</summary>
    public string? RelativeFolder { get; init; }

    /// <summary>
    /// Full path of a folder above the source: the folders between the two are kept below <see cref="Destination"/>, whatever <see cref="RelativeFolder"/> is.
    /// Null for none.
    /// </summary>
    public string? RelativeTo { get; init; }

    /// <summary>A chain of stages with a name; null for <see cref="Stages"/>. Not both.</summary>
    public UpscalePipeline? Pipeline { get; init; }

    /// <summary>The stages in order; empty for the stage <c>gan</c> alone.</summary>
    public IReadOnlyList<StageSpec> Stages { get; init; } = [];

    /// <summary>Id of a network, or path of an .onnx file or of a network's folder, for the stages that take a model and name none.</summary>
    public string? Model { get; init; }

    /// <summary>Further options by name, for the stages that take one and do not say it themselves. An option that no stage takes is an error.</summary>
    public IReadOnlyDictionary<string, object> Options { get; init; } = new Dictionary<string, object>();

    /// <summary>Factor of the whole chain; null with <see cref="Width"/> and <see cref="Height"/> null for the chain's own.</summary>
    public double? Scale { get; init; }

    /// <summary>Width of the result in pixels; alone it keeps the aspect ratio.</summary>
    public int? Width { get; init; }

    /// <summary>Height of the result in pixels; alone it keeps the aspect ratio.</summary>
    public int? Height { get; init; }

    /// <summary><c>Auto</c>, <c>Cpu</c>, <c>Cuda</c>, <c>Cuda:1</c>, <c>DirectML</c>, <c>CoreML</c>.</summary>
    public string Device { get; init; } = "Auto";

    /// <summary>
    /// What computes networks on the CPU. <see cref="InferenceEngine.Native"/> makes the device <c>Auto</c> the CPU, and refuses networks that the kernels do not cover.
    /// </summary>
    public InferenceEngine Engine { get; init; } = InferenceEngine.Auto;

    /// <summary>Format of the result, such as <c>png</c>; null for the source's where it can be written, else PNG.</summary>
    public string? Format { get; init; }

    /// <summary>1..100 for formats with loss; null for the default.</summary>
    public int? Quality { get; init; }

    /// <summary>True to lose nothing in a format that can: webp, avif, heif. Png and tiff never do.</summary>
    public bool Lossless { get; init; }

    /// <summary>How a format without loss packs: 0 (fast) to 9 (small) for png; none, lzw, deflate, packbits for tiff. Null for the usual.</summary>
    public string? Compression { get; init; }

    /// <summary>Whether colour is stored at half the resolution: jpeg, avif, heif.</summary>
    public ChromaSubsampling Subsampling { get; init; }

    /// <summary>True for a picture in tiles with ever smaller ones below it: tiff.</summary>
    public bool Pyramid { get; init; }

    /// <summary>What of the source's metadata does not go into the result.</summary>
    public MetadataStrip StripMetadata { get; init; }

    /// <summary>Where sources in CMYK and CIE colours are brought; RGB sources stay in their own space.</summary>
    public RgbSpace RgbSpace { get; init; }

    /// <summary>Most pixels that a source may declare, all frames or pages that are taken together; null for the usual limits.</summary>
    public long? MaxPixels { get; init; }

    /// <summary>True to take what is there of a source that is cut short or damaged.</summary>
    public bool AllowTruncated { get; init; }

    /// <summary>True to multiply the resolution by the scale, so that the result is printed as large as its source.</summary>
    public bool KeepPhysicalSize { get; init; }

    /// <summary>How samples are stored; null for the source's depth where the format holds it.</summary>
    public SampleDepth? Depth { get; init; }

    /// <summary>How transparency is brought to the size of the result.</summary>
    public AlphaMode AlphaMode { get; init; }

    /// <summary>What a transparent picture is put over where the format holds no transparency.</summary>
    public RgbColour Background { get; init; } = RgbColour.White;

    /// <summary>Name of the result without extension; see <see cref="NameTemplate"/>.</summary>
    public string NameFormat { get; init; } = NameTemplate.Default;

    /// <summary>Largest side of a tile in input pixels; null for the engine's choice.</summary>
    public int? Tile { get; init; }

    /// <summary>Seed of stages with randomness; all frames of an animation get the same noise.</summary>
    public long Seed { get; init; }

    /// <summary>What to do where the target exists already.</summary>
    public ExistingTarget Existing { get; init; }

    /// <summary>Longest time for a picture from the start of its work, over 0, at most <see cref="LongestTimeLimit"/>; null for any.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// Longest time that a stage may work on one strip of its result, without the waiting for its input: over 0, at most <see cref="LongestTimeLimit"/>; null
    /// for any. A stage that goes on nevertheless is left behind.
    /// </summary>
    public TimeSpan? StageTimeout { get; init; }

    /// <summary>Full path of a folder in which the results of all stages but the last are kept for later runs, so that changing the last stage does not run the others again; null for none.</summary>
    public string? StageCache { get; init; }

    /// <summary>Most bytes of <see cref="StageCache"/>, at least 1; what was not used for the longest time goes first.</summary>
    public long StageCacheSize { get; init; } = 4L << 30;

    /// <summary>True to tell in the result's metadata what was done: program, stages, networks, seed.</summary>
    public bool SoftwareTag { get; init; } = true;

    /// <summary>Folder that relative paths in options start from.</summary>
    public string BaseFolder { get; init; } = Environment.CurrentDirectory;

    /// <summary>Options of which some were not given, as <see cref="Options"/>.</summary>
    /// <param name="options">Names and values; those without a value are left out.</param>
    public static IReadOnlyDictionary<string, object> OptionsGiven(params IEnumerable<(string Name, object? Value)> options)
        => options.Where(o => o.Value is not null).ToDictionary(o => o.Name, o => o.Value!);
}
