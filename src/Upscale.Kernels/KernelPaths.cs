using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Upscale.Kernels;

/// <summary>Which paths this processor has.</summary>
public static class KernelPaths
{
    /// <summary>The widest path that this processor has of itself.</summary>
    public static KernelPath Best { get; } =
        Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? KernelPath.Vector512
        : Vector256.IsHardwareAccelerated && Fma.IsSupported ? KernelPath.Vector256
        : KernelPath.Vector128;

    /// <summary>Floats in a register of a path.</summary>
    public static int Lanes(KernelPath path) => path switch
    {
        KernelPath.Vector512 => Lanes512.Count,
        KernelPath.Vector256 => Lanes256.Count,
        _ => Lanes128.Count,
    };
}
