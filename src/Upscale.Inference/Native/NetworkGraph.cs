namespace Upscale.Inference.Native;

/// <summary>A network as its file has it.</summary>
/// <param name="Nodes">Each after those whose results it needs.</param>
/// <param name="Constants">Weights by name.</param>
/// <param name="Inputs">Names of what it takes.</param>
/// <param name="Outputs">Names of what it gives.</param>
internal sealed record NetworkGraph(
    IReadOnlyList<GraphNode> Nodes, IReadOnlyDictionary<string, GraphConstant> Constants, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs)
{
    /// <summary>The same with nothing left of the weights of convolutions but their dimensions: once they are packed, nobody needs them.</summary>
    public NetworkGraph WithoutConvolutionWeights()
    {
        Dictionary<string, string> origins = new(StringComparer.Ordinal);
        Dictionary<string, int> readers = new(StringComparer.Ordinal);
        HashSet<string> packed = [];
        foreach (GraphNode node in Nodes)
        {
            foreach (string input in node.Inputs)
                readers[input] = readers.GetValueOrDefault(input) + 1;
            if (node.Type is "Cast" or "Identity")
                origins[node.Outputs[0]] = node.Inputs[0];
            else if (node.Type is "Conv" or "ConvTranspose")
                packed.Add(origins.GetValueOrDefault(node.Inputs[1], node.Inputs[1]));
        }

        return this with
        {
            Constants = Constants.ToDictionary(
                c => c.Key, c => packed.Contains(c.Key) && readers[c.Key] == 1 ? c.Value with { Floats = [] } : c.Value, StringComparer.Ordinal),
        };
    }
}
