using System.Runtime.InteropServices;

namespace Upscale.Cli.Bench;

/// <summary>The machine that figures belong to.</summary>
/// <param name="Processor">Name of the processor.</param>
/// <param name="Cores">Logical processors that this process may use.</param>
/// <param name="Memory">Bytes of memory that this process may use.</param>
/// <param name="System">Operating system.</param>
/// <param name="Framework">.NET version.</param>
/// <param name="OnnxRuntime">ONNX Runtime version.</param>
/// <param name="Libvips">libvips version.</param>
internal sealed record Machine(string Processor, int Cores, long Memory, string System, string Framework, string OnnxRuntime, string Libvips)
{
    public static Machine Describe(string onnxRuntime, string libvips) => new(
        Upscale.Inference.Processor.Name,
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        onnxRuntime,
        libvips);

    public override string ToString()
        => $"{Processor}, {Cores} cores, {Memory / (double)(1 << 30):0.#} GiB; {System}; {Framework}; ONNX Runtime {OnnxRuntime}; libvips {Libvips}";
}
