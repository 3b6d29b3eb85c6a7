using System.CommandLine;
using Upscale.Inference;

namespace Upscale.Cli.Commands;

/// <summary>The option <c>--engine</c>, the same wherever a device is chosen.</summary>
internal static class EngineOption
{
    public static Option<InferenceEngine?> Create() => new("--engine")
    {
        CustomParser = ChoiceArgument.Parse<InferenceEngine>,
        HelpName = "auto|native|onnxruntime",
        Description = "What computes networks on the CPU: this program's own kernels (an error when they do not cover a network), ONNX Runtime, or the faster one. [default: auto]",
    };

    /// <summary>The engine that was asked for.</summary>
    public static InferenceEngine Engine(ParseResult arguments, Option<InferenceEngine?> option) => arguments.GetValue(option) ?? InferenceEngine.Auto;
}
