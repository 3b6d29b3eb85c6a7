using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Upscale;

/// <summary>
/// Philox4x32-10: a counter-based generator, a bijection of 128 bits that looks random (J. Salmon, M. Moraes, R. Dror, D. Shaw: "Parallel
/// random numbers: as easy as 1, 2, 3", SC 2011).
/// </summary>
public static class Philox
{
    private const int Rounds = 10;

    /// <summary>Computes one block: 128 random bits for a counter.</summary>
    /// <param name="counter">Names the block.</param>
    /// <param name="key">Names the sequence.</param>
    public static (uint R0, uint R1, uint R2, uint R3) Block((uint C0, uint C1, uint C2, uint C3) counter, (uint K0, uint K1) key)
    {
        (uint c0, uint c1, uint c2, uint c3) = counter;
        (uint k0, uint k1) = key;
        unchecked
        {
            for (int round = 0; round < Rounds; round++)
            {
                ulong first = (ulong)c0 * 0xD2511F53;
                ulong second = (ulong)c2 * 0xCD9E8D57;
                c0 = (uint)(second >> 32) ^ c1 ^ k0;
                c2 = (uint)(first >> 32) ^ c3 ^ k1;
                c1 = (uint)second;
                c3 = (uint)first;
                k0 += 0x9E3779B9;
                k1 += 0xBB67AE85;
            }
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>Computes the blocks of eight counters that count up in the first number: the same bits as <see cref="Block"/> gives.</summary>
    /// <param name="counter">Names the first block.</param>
    /// <param name="key">Names the sequence.</param>
    /// <param name="first">Receives R0 and R2 of each block, one after the other: 16 numbers.</param>
    /// <param name="second">Receives R1 and R3 likewise.</param>
    internal static void Blocks8((uint C0, uint C1, uint C2, uint C3) counter, (uint K0, uint K1) key, Span<uint> first, Span<uint> second)
    {
        for (int i = 0; i < 8; i += 4)
        {
            uint c0 = unchecked(counter.C0 + (uint)i);
            if (Avx2.IsSupported)
            {
                FourBlocks((c0, counter.C1, counter.C2, counter.C3), key, first.Slice(2 * i, 8), second.Slice(2 * i, 8));
                continue;
            }

            for (int k = 0; k < 4; k++)
                (first[2 * (i + k)], second[2 * (i + k)], first[(2 * (i + k)) + 1], second[(2 * (i + k)) + 1]) = Block((unchecked(c0 + (uint)k), counter.C1, counter.C2, counter.C3), key);
        }
    }

    /// <summary>Each number in the lower half of a lane of 64 bits; the upper half is of no account, as the product does not look at it.</summary>
    private static void FourBlocks((uint C0, uint C1, uint C2, uint C3) counter, (uint K0, uint K1) key, Span<uint> first, Span<uint> second)
    {
        Vector256<ulong> c0 = Vector256.Create<ulong>(counter.C0) + Vector256.Create(0UL, 1, 2, 3);
        Vector256<ulong> c1 = Vector256.Create<ulong>(counter.C1), c2 = Vector256.Create<ulong>(counter.C2), c3 = Vector256.Create<ulong>(counter.C3);
        Vector256<uint> m0 = Vector256.Create<ulong>(0xD2511F53).AsUInt32(), m1 = Vector256.Create<ulong>(0xCD9E8D57).AsUInt32();
        (uint k0, uint k1) = key;
        for (int round = 0; round < Rounds; round++)
        {
            Vector256<ulong> a = Avx2.Multiply(c0.AsUInt32(), m0);
            Vector256<ulong> b = Avx2.Multiply(c2.AsUInt32(), m1);
            c0 = (b >>> 32) ^ c1 ^ Vector256.Create<ulong>(k0);
            c2 = (a >>> 32) ^ c3 ^ Vector256.Create<ulong>(k1);
            c1 = b;
            c3 = a;
            k0 = unchecked(k0 + 0x9E3779B9);
            k1 = unchecked(k1 + 0xBB67AE85);
        }

        Vector256<ulong> lower = Vector256.Create<ulong>(uint.MaxValue);
        ((c0 & lower) | (c2 << 32)).AsUInt32().CopyTo(first);
        ((c1 & lower) | (c3 << 32)).AsUInt32().CopyTo(second);
    }
}
