using Microsoft.ML.OnnxRuntime;

namespace Upscale.Inference;

/// <summary>The native library, started once with settings that suit a guest in somebody else's process.</summary>
internal sealed class NativeRuntime
{
    // The arena's limit is a 32-bit number. No network needs as much for a picture of 64 x 64, and one that asks for
    // hundreds of gigabytes fails in the arena instead of taking the machine down.
    private const uint TrialMemory = uint.MaxValue;

    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.NotInstalled"/>: the native library is missing or does not load.</exception>
    public NativeRuntime()
    {
        try
        {
            Environment = Start();
            Providers = [.. Environment.GetAvailableProviders()];
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or TypeInitializationException)
        {
            throw new UpscaleException(
                UpscaleErrorId.NotInstalled,
                $"The native library of ONNX Runtime does not load on {System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier}: {exception.GetBaseException().Message}",
                exception);
        }
    }

    /// <summary>The process's ONNX Runtime environment.</summary>
    public OrtEnv Environment { get; }

    /// <summary>Execution providers that were compiled into the native library, by their native names.</summary>
    public IReadOnlyList<string> Providers { get; }

    private static OrtEnv Start()
    {
        OrtEnv environment;
        if (OrtEnv.IsCreated)
        {
            environment = OrtEnv.Instance();
        }
        else
        {
            // Errors come back as exceptions; nothing is to be written to the console of the host.
            EnvironmentCreationOptions options = new() { logId = "upscale", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            environment = OrtEnv.CreateInstanceWithOptions(ref options);
        }

        environment.DisableTelemetryEvents();
        using OrtMemoryInfo memory = new("Cpu", OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
        using OrtArenaCfg arena = new(TrialMemory, -1, -1, -1);
        try
        {
            environment.CreateAndRegisterAllocator(memory, arena);
        }
        catch (OnnxRuntimeException exception) when (exception.Message.Contains("already", StringComparison.OrdinalIgnoreCase))
        {
            // The environment belongs to the process: an earlier pool, or another user of ONNX Runtime, has set one up.
        }

        return environment;
    }
}
