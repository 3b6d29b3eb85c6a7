namespace Upscale;

/// <summary>What a caller may rely on when running a network.</summary>
public sealed record ModelCard
{
    /// <summary>Name of the network: the folder's in models/, or the file's without extension.</summary>
    public required string Id { get; init; }

    /// <summary>Name for people.</summary>
    public string? Title { get; init; }

    /// <summary>What it is for, in a sentence.</summary>
    public string? Purpose { get; init; }

    /// <summary>One of <see cref="ModelKind"/>.</summary>
    public string Kind { get; init; } = ModelKind.FeedForward;

    /// <summary>Ids of the stages that can use it, at least one; the first one is meant when only the network is named.</summary>
    public IReadOnlyList<string> Stages { get; init; } = ["gan"];

    /// <summary>Class of the pipeline that its components are made for (<c>_class_name</c> in model_index.json); null for feed-forward networks.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Its graphs where it consists of several; empty for feed-forward networks.</summary>
    public IReadOnlyList<ModelComponent> Components { get; init; } = [];

    /// <summary>Name of the space that its latents belong to, as declared: networks of equal names may hand latents on to each other; null for none.</summary>
    public string? LatentSpace { get; init; }

    /// <summary>Whether it came with this program.</summary>
    public ModelOrigin Origin { get; init; }

    /// <summary>Full path of the .onnx file, or of model_index.json for a folder of components.</summary>
    public required string Path { get; init; }

    /// <summary>SHA-256 of the .onnx file (of the first component's where there are several), lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Enlargement of width and height, a whole number of at least 1.</summary>
    public required int Scale { get; init; }

    /// <summary>Input planes: 1 (luma), 3 (RGB) or 4 (RGBA).</summary>
    public required int Channels { get; init; }

    /// <summary>Output planes, 1, 3 or 4.</summary>
    public required int OutputChannels { get; init; }

    /// <summary>Input pixels to look around on each side so that a cut is not seen in the result.</summary>
    public required int Halo { get; init; }

    /// <summary>Smallest width and height of an input.</summary>
    public int MinimumSize { get; init; } = 1;

    /// <summary>Width and height of an input are multiples of this.</summary>
    public int MultipleOf { get; init; } = 1;

    /// <summary>
    /// Tiles begin at multiples of this: a network that works in blocks then sees the same blocks as in the whole picture. A multiple
    /// of <see cref="MultipleOf"/>.
    /// </summary>
    public int Alignment { get; init; } = 1;

    /// <summary>The only width and height that the network takes; null when it takes any.</summary>
    public (int Width, int Height)? FixedSize { get; init; }

    /// <summary>Input pixels that the network eats on each side: output = (input - 2 border) x scale.</summary>
    public int Border { get; init; }

    /// <summary>True when the network averages over the whole input, so that every tile differs slightly from the whole.</summary>
    public bool GlobalPooling { get; init; }

    /// <summary>Working memory of a run in bytes for each input pixel, as measured or estimated.</summary>
    public long BytesPerPixel { get; init; } = 16_384;

    /// <summary>Floating-point operations for each input pixel in millions; null where unknown.</summary>
    public double? MegaflopsPerPixel { get; init; }

    /// <summary>Number of weights; null where unknown.</summary>
    public long? Parameters { get; init; }

    /// <summary>SPDX identifier; null where unknown.</summary>
    public string? Licence { get; init; }

    /// <summary>Who made it.</summary>
    public string? Author { get; init; }

    /// <summary>Where it comes from.</summary>
    public string? Source { get; init; }

    /// <summary>How the graph wants its tensors.</summary>
    public required TensorFormat Format { get; init; }

    /// <summary>True when the network takes an input of this size.</summary>
    public bool AcceptsSize(int width, int height)
        => FixedSize is { } size
            ? size == (width, height)
            : width >= MinimumSize && height >= MinimumSize && width % MultipleOf == 0 && height % MultipleOf == 0;

    /// <summary>Refuses a network that is made for other stages.</summary>
    /// <param name="stage">The one that is to use it.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>: names the stages that can.</exception>
    public void CheckStage(string stage)
    {
        if (!Stages.Contains(stage, StringComparer.OrdinalIgnoreCase))
        {
            throw new UpscaleException(
                UpscaleErrorId.OptionInvalid,
                $"The stage '{stage}' cannot use the network '{Id}': it is made for the stage {string.Join(" or ", Stages.Select(s => $"'{s}'"))}. Name that stage, or another network.");
        }
    }
}
