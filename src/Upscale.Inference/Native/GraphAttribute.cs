namespace Upscale.Inference.Native;

/// <summary>A setting of an operator; of the members only those of its type mean anything.</summary>
/// <param name="Real">A float.</param>
/// <param name="Number">An integer.</param>
/// <param name="Text">A text.</param>
/// <param name="Numbers">Integers.</param>
/// <param name="Constant">A tensor.</param>
internal sealed record GraphAttribute(float Real, long Number, string Text, long[] Numbers, GraphConstant? Constant);
