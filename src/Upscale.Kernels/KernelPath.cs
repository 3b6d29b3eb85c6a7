namespace Upscale.Kernels;

/// <summary>The instructions that kernels are compiled for.</summary>
public enum KernelPath
{
    /// <summary>128 bits: every processor, Arm64 included.</summary>
    Vector128,

    /// <summary>256 bits with fused multiply-add: AVX2.</summary>
    Vector256,

    /// <summary>512 bits: AVX-512.</summary>
    Vector512,
}
