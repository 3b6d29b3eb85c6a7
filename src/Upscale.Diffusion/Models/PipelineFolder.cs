using System.Text.Json;

namespace Upscale.Diffusion.Models;

/// <summary>The folder of a model as diffusers and optimum write it: model_index.json, and a folder for each component.</summary>
public sealed class PipelineFolder
{
    private readonly string _folder;
    private readonly Dictionary<string, bool> _flags = [];
    private readonly Dictionary<string, int> _integers = [];

    private PipelineFolder(ModelCard card)
    {
        Card = card;
        _folder = Path.GetDirectoryName(card.Path)!;
        ModelConfig.Read(card.Path, root =>
        {
            foreach (JsonProperty property in root.EnumerateObject())
            {
                if (property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                    _flags[property.Name] = property.Value.GetBoolean();
                else if (property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out int number))
                    _integers[property.Name] = number;
            }

            return true;
        });
    }

    /// <summary>What the pool knows of it.</summary>
    public ModelCard Card { get; }

    /// <summary>Reads model_index.json.</summary>
    /// <param name="card">Of a model with components.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: the file is missing or no JSON.</exception>
    public static PipelineFolder Read(ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(card);
        return new PipelineFolder(card);
    }

    /// <summary>A truth value of model_index.json.</summary>
    public bool Flag(string key, bool fallback) => _flags.GetValueOrDefault(key, fallback);

    /// <summary>A whole number of model_index.json.</summary>
    public int Integer(string key, int fallback) => _integers.GetValueOrDefault(key, fallback);

    /// <summary>A component's graph; null when there is none.</summary>
    /// <param name="name">Such as <c>unet</c>.</param>
    public ComponentGraph? Find(string name) => Card.Components.FirstOrDefault(c => c.Name == name) is { } component ? new ComponentGraph(component) : null;

    /// <summary>A component's graph.</summary>
    /// <param name="name">Such as <c>unet</c>.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: there is none.</exception>
    public ComponentGraph Require(string name)
        => Find(name) ?? throw new UpscaleException(UpscaleErrorId.ModelNotSupported, $"The model '{Card.Id}' ({_folder}) has no component '{name}': '{name}/model.onnx' was expected. Export the model again.");

    /// <summary>The config of a sampler.</summary>
    /// <param name="name">Name of the component, such as <c>scheduler</c>.</param>
    public SchedulerConfig Scheduler(string name = "scheduler") => SchedulerConfig.Read(Path.Combine(_folder, name, "scheduler_config.json"));

    /// <summary>A tokenizer.</summary>
    /// <param name="name">Name of the component, such as <c>tokenizer</c>.</param>
    public ClipTokenizer Tokenizer(string name) => ClipTokenizer.Load(Path.Combine(_folder, name));
}
