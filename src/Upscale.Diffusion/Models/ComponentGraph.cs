using System.Text.Json;

namespace Upscale.Diffusion.Models;

/// <summary>A component, what its graph takes and gives, and its config.json.</summary>
public sealed class ComponentGraph
{
    private readonly int[] _blockChannels = [];

    /// <param name="component">From <see cref="IModelPool.DescribeAsync"/>.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: config.json is there and no JSON.</exception>
    public ComponentGraph(ModelComponent component)
    {
        ArgumentNullException.ThrowIfNull(component);
        Component = component;
        string config = Path.Combine(Path.GetDirectoryName(component.Path)!, "config.json");
        if (!File.Exists(config))
            return;
        (SampleSize, _blockChannels, TimeEmbeddingSize) = ModelConfig.Read(config, root => (
            root.TryGetProperty("sample_size", out JsonElement size) && size.ValueKind == JsonValueKind.Number ? size.GetInt32() : (int?)null,
            root.TryGetProperty("block_out_channels", out JsonElement blocks) && blocks.ValueKind == JsonValueKind.Array ? [.. blocks.EnumerateArray().Select(b => b.GetInt32())] : (int[])[],
            root.TryGetProperty("time_cond_proj_dim", out JsonElement time) && time.ValueKind == JsonValueKind.Number ? time.GetInt32() : (int?)null));
    }

    /// <summary>Name, file, and what is known of its memory.</summary>
    public ModelComponent Component { get; }

    /// <summary><c>sample_size</c>: width and height that it was trained with; null where the config does not say.</summary>
    public int? SampleSize { get; }

    /// <summary><c>time_cond_proj_dim</c>: width of the condition that is added to the timestep; null for none.</summary>
    public int? TimeEmbeddingSize { get; }

    /// <summary>Width and height of what goes in are multiples of this: each level but the last halves them.</summary>
    public int MultipleOf => Math.Max(Component.MultipleOf, _blockChannels.Length == 0 ? 1 : 1 << (_blockChannels.Length - 1));

    /// <summary>An input by its name; null when there is none.</summary>
    public TensorInfo? Input(string name) => Component.Inputs.FirstOrDefault(t => t.Name == name);

    /// <summary>An output by its name; null when there is none.</summary>
    public TensorInfo? Output(string name) => Component.Outputs.FirstOrDefault(t => t.Name == name);

    /// <summary>The error for a graph that is not what a pipeline needs.</summary>
    /// <param name="problem">A half sentence whose subject is the file.</param>
    public UpscaleException Unfit(string problem)
        => new(UpscaleErrorId.ModelNotSupported, $"'{Component.Path}' {problem}. It takes {List(Component.Inputs)} and gives {List(Component.Outputs)}. Export the model again, or name another one.");

    private static string List(IReadOnlyList<TensorInfo> tensors)
        => string.Join(", ", tensors.Select(t => $"{t.Name} ({t.Type} [{string.Join(", ", t.Dimensions.Select(d => d < 0 ? "?" : d.ToString(System.Globalization.CultureInfo.InvariantCulture)))}])"));
}
