namespace Upscale.Kernels;

/// <summary>What the kernels need of a vector register of float32 numbers.</summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface ILanes<TVector> where TVector : struct
{
    /// <summary>Numbers in a register.</summary>
    static abstract int Count { get; }

    /// <summary>True where the processor has 32 registers, so that 24 sums can be held at once; else 12.</summary>
    static abstract bool ManyRegisters { get; }

    /// <summary>Zeros.</summary>
    static abstract TVector Zero { get; }

    /// <summary>Reads a register; no alignment needed.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Writes a register; no alignment needed.</summary>
    static abstract void Store(TVector value, float* target);

    /// <summary>Reads the first numbers of a register, 1 to all but one; the others are 0. No memory beyond them is touched.</summary>
    static abstract TVector LoadFirst(float* source, int count);

    /// <summary>Writes the first numbers of a register, 1 to all but one.</summary>
    static abstract void StoreFirst(TVector value, float* target, int count);

    /// <summary>Has memory brought into the cache ahead of its use; any address will do.</summary>
    static abstract void Prefetch(float* address);

    /// <summary>The same number in every lane.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a - b.</summary>
    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary>a * b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a * b + c, rounded once where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The larger of each pair.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>The smaller of each pair.</summary>
    static abstract TVector Min(TVector a, TVector b);
}
