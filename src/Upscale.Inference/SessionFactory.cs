using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Upscale.Inference;

/// <summary>Makes sessions with the options that suit each device.</summary>
/// <param name="threads">Threads of a run on the CPU.</param>
/// <param name="allowTf32">Lets CUDA round the factors of a product to 10 bits of mantissa.</param>
internal sealed class SessionFactory(int threads, bool allowTf32)
{
    /// <summary>Loads a network for work.</summary>
    public InferenceSession Load(string path, string kind, int index)
    {
        using SessionOptions options = Options();
        AppendProvider(options, kind, index);
        return new InferenceSession(path, options);
    }

    /// <summary>Loads a network from memory for work.</summary>
    public InferenceSession Load(byte[] model, string kind, int index)
    {
        using SessionOptions options = Options();
        AppendProvider(options, kind, index);
        return new InferenceSession(model, options);
    }

    /// <summary>Loads a network of unknown origin to try it on the CPU, in an arena of limited size.</summary>
    public InferenceSession LoadForTrial(string path)
    {
        using SessionOptions options = Options();
        options.AddSessionConfigEntry("session.use_env_allocators", "1");
        return new InferenceSession(path, options);
    }

    /// <summary>Loads a network from memory on one device only: it fails where the device cannot do all of it.</summary>
    public InferenceSession LoadStrictly(byte[] model, string kind, int index)
    {
        using SessionOptions options = Options();
        if (kind != DeviceKind.Cpu)
            options.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
        AppendProvider(options, kind, index);
        return new InferenceSession(model, options);
    }

    private SessionOptions Options()
    {
        SessionOptions options = new()
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,

            // A pattern is laid out for one shape; tiles at the edges have others.
            EnableMemoryPattern = false,

            // Measured: a third less resident memory than without, and the faster of the two.
            EnableCpuMemArena = true,
        };

        // Weights in the arena would tear it into pieces.
        options.AddSessionConfigEntry("session.use_device_allocator_for_initializers", "1");

        // Measured: spinning costs up to 40 % where others use the machine too, and it keeps the cores of a shell hot.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    private void AppendProvider(SessionOptions options, string kind, int index)
    {
        switch (kind)
        {
            case DeviceKind.Cuda:
                using (OrtCUDAProviderOptions cuda = new())
                {
                    cuda.UpdateOptions(new Dictionary<string, string>
                    {
                        ["device_id"] = index.ToString(CultureInfo.InvariantCulture),

                        // The default measures every algorithm anew for every shape of tile: seconds each.
                        ["cudnn_conv_algo_search"] = "HEURISTIC",
                        ["cudnn_conv_use_max_workspace"] = "1",
                        ["arena_extend_strategy"] = "kSameAsRequested",
                        ["use_tf32"] = allowTf32 ? "1" : "0",
                    });
                    options.AppendExecutionProvider_CUDA(cuda);
                }

                break;
            case DeviceKind.DirectML:
                // DirectML demands sequential execution without memory patterns: as set for all.
                options.AppendExecutionProvider_DML(index);
                break;
            case DeviceKind.CoreML:
                options.AppendExecutionProvider("CoreML", new Dictionary<string, string> { ["ModelFormat"] = "MLProgram", ["MLComputeUnits"] = "ALL" });
                break;
            default:
                break;
        }
    }
}
