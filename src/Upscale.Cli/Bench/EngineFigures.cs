namespace Upscale.Cli.Bench;

/// <summary>A network on tiles of one size, by ONNX Runtime and by the kernels of this program.</summary>
/// <param name="Network">Its id; for one graph of several with a slash and the component's name.</param>
/// <param name="Side">Rows and columns of the tile.</param>
/// <param name="Threads">Threads of a run.</param>
/// <param name="OnnxRuntime">Best time of ONNX Runtime in milliseconds.</param>
/// <param name="Native">Best time of the kernels in milliseconds.</param>
/// <param name="Ratio">The former over the latter.</param>
/// <param name="Gflops">What the kernels did, counted as plain convolutions, in 1e9 operations a second.</param>
/// <param name="PeakShare">The same as a part of what the processor can do with registers alone; Winograd's method saves work, so that it may be over 1.</param>
/// <param name="Difference">Largest difference of the results as a part of the full range.</param>
internal sealed record EngineFigures(string Network, int Side, int Threads, double OnnxRuntime, double Native, double Ratio, double Gflops, double PeakShare, double Difference);
