namespace Upscale.Inference;

/// <summary>The kinds of <see cref="DeviceInfo.Kind"/>, best first.</summary>
public static class DeviceKind
{
    /// <summary>NVIDIA graphics cards.</summary>
    public const string Cuda = "Cuda";

    /// <summary>Graphics cards by DirectX 12, on Windows.</summary>
    public const string DirectML = "DirectML";

    /// <summary>Apple's CPU, GPU and Neural Engine.</summary>
    public const string CoreML = "CoreML";

    /// <summary>The processor.</summary>
    public const string Cpu = "Cpu";

    /// <summary>All of them, best first.</summary>
    public static IReadOnlyList<string> All { get; } = [Cuda, DirectML, CoreML, Cpu];

    /// <summary>The native name of the execution provider.</summary>
    internal static string Provider(string kind) => kind switch
    {
        Cuda => "CUDAExecutionProvider",
        DirectML => "DmlExecutionProvider",
        CoreML => "CoreMLExecutionProvider",
        _ => "CPUExecutionProvider",
    };

    /// <summary>The name of a device of this kind.</summary>
    internal static string Name(string kind, int index) => kind is Cpu or CoreML ? kind : $"{kind}:{index}";
}
