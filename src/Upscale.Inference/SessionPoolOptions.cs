namespace Upscale.Inference;

/// <summary>Settings of a <see cref="SessionPool"/>.</summary>
public sealed record SessionPoolOptions
{
    /// <summary>Callers that may hold a network on the CPU at once. One run uses all cores already.</summary>
    public int CpuSlots { get; init; } = 1;

    /// <summary>Threads of a run on the CPU.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>What computes networks on the CPU.</summary>
    public InferenceEngine Engine { get; init; } = InferenceEngine.OnnxRuntime;

    /// <summary>
    /// Bytes that loaded networks may take on a device before idle ones are evicted; null for a quarter of the memory that is available
    /// (at least 512 MB) on the CPU and three quarters of the memory of a card.
    /// </summary>
    public long? MemoryBudget { get; init; }

    /// <summary>
    /// Bytes that one run may take; null for a quarter of the memory that is available (192 MB to 6 GB) on the CPU and a quarter of the memory
    /// of a card (256 MB to 8 GB).
    /// </summary>
    public long? TileBudget { get; init; }

    /// <summary>
    /// Lets NVIDIA cards compute with TF32, which keeps 10 bits of each factor: faster on some networks, and results differ from the CPU's by
    /// about 1e-3 instead of 1e-5.
    /// </summary>
    public bool AllowTf32 { get; init; }

    /// <summary>Called before each run with its input; what it returns is thrown as if the runtime had.</summary>
    internal Func<Tile, Exception?>? BeforeRun { get; init; }

    /// <summary>
    /// Called before each run on tensors by name, with the card of the network or component (its id is that of the network, a slash, and the
    /// component's name) and the inputs; what it returns is thrown as if the runtime had.
    /// </summary>
    internal Func<ModelCard, IReadOnlyList<NamedTensor>, Exception?>? BeforeNamedRun { get; init; }

    /// <summary>Added to what the kernels of this program compute, to see that a wrong result is noticed.</summary>
    internal float NativeError { get; init; }

    /// <summary>Binds input and output on every device, as is done on cards only.</summary>
    internal bool AlwaysBind { get; init; }
}
