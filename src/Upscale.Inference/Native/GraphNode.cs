namespace Upscale.Inference.Native;

/// <summary>An operator of a graph.</summary>
/// <param name="Type">Its name; with domain and a colon before it where that is not the standard one.</param>
/// <param name="Inputs">Names of values; empty ones for those left out.</param>
/// <param name="Outputs">Names of values.</param>
/// <param name="Attributes">By name.</param>
internal sealed record GraphNode(string Type, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, GraphAttribute> Attributes)
{
    /// <summary>An integer attribute.</summary>
    public int Number(string name, int otherwise) => Attributes.TryGetValue(name, out GraphAttribute? attribute) ? (int)attribute.Number : otherwise;

    /// <summary>A float attribute.</summary>
    public float Real(string name, float otherwise) => Attributes.TryGetValue(name, out GraphAttribute? attribute) ? attribute.Real : otherwise;

    /// <summary>A text attribute.</summary>
    public string Text(string name, string otherwise) => Attributes.TryGetValue(name, out GraphAttribute? attribute) ? attribute.Text : otherwise;

    /// <summary>An attribute of integers.</summary>
    public long[] Numbers(string name, params long[] otherwise) => Attributes.TryGetValue(name, out GraphAttribute? attribute) ? attribute.Numbers : otherwise;
}
