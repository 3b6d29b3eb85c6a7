using System.CommandLine;
using Upscale.Inference;

namespace Upscale.Cli.Commands;

/// <summary>The option <c>--engine</c>, the same wherever a device is chosen.</summary>
internal static class EngineOption
{
    public static Option<InferenceEngine> Create() => new("--engine")
    {
        HelpName = "NAME",
        Description = "What computes networks on the CPU: Native (this program's own kernels; an error when they do not cover a network), OnnxRuntime, or Auto for the faster one.",
        DefaultValueFactory = _ => InferenceEngine.Auto,
    };
}
