namespace Upscale.Diffusion.Models;

/// <summary>
/// A network that tells the noise in latents. What its graph takes is found by reading the graph: latents, timestep, and, where it has inputs for them, text,
/// class labels, a condition of the timestep, pooled text and sizes.
/// </summary>
public sealed class Unet
{
    private readonly ComponentGraph _graph;
    private readonly TensorInfo _sample;
    private readonly TensorInfo _timestep;
    private readonly TensorInfo _output;
    private readonly Dictionary<string, TensorInfo> _conditions;

    private Unet(ComponentGraph graph, TensorInfo sample, TensorInfo timestep, TensorInfo output, Dictionary<string, TensorInfo> conditions)
        => (_graph, _sample, _timestep, _output, _conditions) = (graph, sample, timestep, output, conditions);

    /// <summary>Its file, and what is known of its memory.</summary>
    public ModelComponent Component => _graph.Component;

    /// <summary>Planes that go in.</summary>
    public int InputChannels => _sample.Dimensions[1];

    /// <summary>Planes that come out.</summary>
    public int OutputChannels => _output.Dimensions[1];

    /// <summary>Width and height of latents are multiples of this.</summary>
    public int MultipleOf => _graph.MultipleOf;

    /// <summary>The only width and height of latents that the graph takes; null for any.</summary>
    public (int Width, int Height)? FixedSize => _sample.Dimensions is [_, _, > 0 and var height, > 0 and var width] ? (width, height) : null;

    /// <summary>Rows of a run as the graph fixes them: 1 or 2; null for any.</summary>
    public int? FixedBatch => _sample.Dimensions[0] > 0 ? _sample.Dimensions[0] : null;

    /// <summary>Side of the latents that it was trained with; null where unknown.</summary>
    public int? SampleSize => _graph.SampleSize;

    /// <summary>Numbers for each id of the text; null for a network without text; -1 where the graph does not say.</summary>
    public int? TextWidth => _conditions.TryGetValue("encoder_hidden_states", out TensorInfo? text) ? text.Dimensions[2] : null;

    /// <summary>Ids of the text as the graph fixes them; null for any.</summary>
    public int? FixedTextLength => _conditions.TryGetValue("encoder_hidden_states", out TensorInfo? text) && text.Dimensions[1] > 0 ? text.Dimensions[1] : null;

    /// <summary>True when it is told the noise level of the picture that leads it.</summary>
    public bool TakesClassLabels => _conditions.ContainsKey("class_labels");

    /// <summary>Numbers of the condition of the timestep; null where there is none.</summary>
    public int? TimeEmbeddingSize => _conditions.TryGetValue("timestep_cond", out TensorInfo? time) ? (time.Dimensions[1] > 0 ? time.Dimensions[1] : _graph.TimeEmbeddingSize) : null;

    /// <summary>Numbers that tell sizes (SDXL): 6, or 5 for those that take an aesthetic score; null where there are none.</summary>
    public int? TimeIds => _conditions.TryGetValue("time_ids", out TensorInfo? ids) ? (ids.Dimensions[1] > 0 ? ids.Dimensions[1] : 6) : null;

    /// <summary>Finds out what goes where.</summary>
    /// <param name="folder">Of the model.</param>
    /// <param name="inputChannels">Planes that the pipeline gives it; null for any.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the file, and what was expected.</exception>
    public static Unet Read(PipelineFolder folder, int? inputChannels)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ComponentGraph graph = folder.Require("unet");
        TensorInfo[] pictures = [.. graph.Component.Inputs.Where(t => t.Dimensions.Count == 4)];
        TensorInfo sample = graph.Input("sample") ?? (pictures.Length == 1 ? pictures[0] : throw graph.Unfit("has no input 'sample' for latents, batch x channels x height x width"));
        if (sample.Dimensions is not [_, > 0 and var channels, _, _] || (inputChannels is { } expected && channels != expected))
            throw graph.Unfit($"takes other latents than {(inputChannels is { } c ? $"{c} channels" : "batch x channels x height x width")}, which the pipeline {folder.Card.Pipeline} needs");
        if (sample.Dimensions[0] > 2)
            throw graph.Unfit($"takes {sample.Dimensions[0]} pictures at once; 1, 2 or any number was expected");
        TensorInfo timestep = graph.Input("timestep") ?? graph.Input("t") ?? throw graph.Unfit("has no input 'timestep'");
        TensorInfo output = graph.Component.Outputs.FirstOrDefault(t => t.Dimensions is [_, > 0, _, _]) ?? throw graph.Unfit("gives no latents, batch x channels x height x width");
        var conditions = new Dictionary<string, TensorInfo>();
        foreach (TensorInfo input in graph.Component.Inputs.Where(t => t != sample && t != timestep))
        {
            int rank = input.Name switch
            {
                "encoder_hidden_states" => 3,
                "timestep_cond" or "text_embeds" or "time_ids" => 2,
                "class_labels" => 1,
                _ => throw graph.Unfit($"has an input '{input.Name}' that no pipeline here knows"),
            };
            if (input.Dimensions.Count != rank)
                throw graph.Unfit($"has an input '{input.Name}' of {input.Dimensions.Count} dimensions instead of {rank}");
            conditions.Add(input.Name, input);
        }

        return new Unet(graph, sample, timestep, output, conditions);
    }

    /// <summary>The error for a network that does not fit the rest of the model.</summary>
    /// <param name="problem">A half sentence whose subject is the file.</param>
    public UpscaleException Unfit(string problem) => _graph.Unfit(problem);

    /// <summary>One run.</summary>
    /// <param name="lease">On the component.</param>
    /// <param name="sample">Batch x <see cref="InputChannels"/> x height x width.</param>
    /// <param name="width">Of the latents.</param>
    /// <param name="height">Of the latents.</param>
    /// <param name="timestep">Cut to a whole number where the graph takes one.</param>
    /// <param name="conditions">One for each row of the batch.</param>
    /// <param name="answer">Batch x <see cref="OutputChannels"/> x height x width; receives what the network says.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public ValueTask<RunOutcome> RunAsync(
        IModelLease lease, Memory<float> sample, int width, int height, double timestep, IReadOnlyList<UnetConditions> conditions, Memory<float> answer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(conditions);
        int batch = conditions.Count;
        List<NamedTensor> inputs = [new NamedTensor(_sample.Name, [batch, InputChannels, height, width], sample), Timestep(timestep)];
        foreach ((string name, TensorInfo tensor) in _conditions)
            inputs.Add(Condition(name, tensor, conditions));
        return lease.RunAsync(inputs, [new NamedTensor(_output.Name, [batch, OutputChannels, height, width], answer)], cancellationToken);
    }

    private NamedTensor Timestep(double timestep)
    {
        int count = _timestep.Dimensions is [var declared] ? Math.Max(declared, 1) : 1;
        int[] shape = _timestep.Dimensions.Count == 0 ? [] : [count];
        return _timestep.Type is "int64" or "int32"
            ? new NamedTensor(_timestep.Name, shape, Enumerable.Repeat((long)timestep, count).ToArray())
            : new NamedTensor(_timestep.Name, shape, Enumerable.Repeat((float)timestep, count).ToArray());
    }

    private NamedTensor Condition(string name, TensorInfo tensor, IReadOnlyList<UnetConditions> conditions)
    {
        int batch = conditions.Count;
        if (name == "class_labels")
        {
            return tensor.Type is "int64" or "int32"
                ? new NamedTensor(name, [batch], conditions.Select(c => (long)c.ClassLabel).ToArray())
                : new NamedTensor(name, [batch], conditions.Select(c => (float)c.ClassLabel).ToArray());
        }

        if (name == "encoder_hidden_states")
        {
            EncodedText text = conditions[0].Text ?? throw Unfit("needs text that the pipeline does not give");
            return new NamedTensor(name, [batch, text.Length, text.Width], conditions.SelectMany(c => c.Text!.Hidden).ToArray());
        }

        float[] values = name switch
        {
            "timestep_cond" => [.. conditions.SelectMany(c => c.TimestepCondition)],
            "text_embeds" => [.. conditions.SelectMany(c => c.Text!.Pooled)],
            _ => [.. conditions.SelectMany(c => c.TimeIds)],
        };
        return values.Length > 0 ? new NamedTensor(name, [batch, values.Length / batch], values) : throw Unfit($"needs '{name}', which the pipeline does not give");
    }
}
