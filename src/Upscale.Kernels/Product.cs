using System.Runtime.CompilerServices;

namespace Upscale.Kernels;

/// <summary>
/// The matrix product that all convolutions end in: rows of numbers times a panel of weights. A panel holds the weights of two registers of
/// result columns (the last one perhaps of one), row after row; all sums of a block stay in registers.
/// </summary>
internal static unsafe class Product<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>Rows come in multiples of this.</summary>
    public const int RowStep = 12;

    /// <summary>c = a * b.</summary>
    /// <param name="a">Rows to read.</param>
    /// <param name="aStride">Floats from row to row of <paramref name="a"/>.</param>
    /// <param name="rows">Rows, a multiple of <see cref="RowStep"/>.</param>
    /// <param name="b">A panel: depth times width floats.</param>
    /// <param name="width">One or two registers, in floats.</param>
    /// <param name="depth">Numbers of a row.</param>
    /// <param name="c">Result.</param>
    /// <param name="cStride">Floats from row to row of <paramref name="c"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, nint aStride, int rows, float* b, int width, int depth, float* c, nint cStride)
    {
        for (int row = 0; row < rows; row += RowStep, a += RowStep * aStride, c += RowStep * cStride)
        {
            if (width == TLanes.Count)
            {
                TwelveByOne(a, aStride, b, depth, c, cStride);
            }
            else if (TLanes.ManyRegisters)
            {
                TwelveByTwo(a, aStride, b, depth, c, cStride);
            }
            else
            {
                SixByTwo(a, aStride, b, depth, c, cStride);
                SixByTwo(a + (6 * aStride), aStride, b, depth, c + (6 * cStride), cStride);
            }
        }
    }

    /// <summary>12 sums, 2 weights and a factor: 15 of 16 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixByTwo(float* a, nint aStride, float* b, int depth, float* c, nint cStride)
    {
        int lanes = TLanes.Count;
        nint two = 2 * aStride;
        float* a3 = a + (3 * aStride);
        TVector s0a = TLanes.Zero, s1a = TLanes.Zero, s2a = TLanes.Zero, s3a = TLanes.Zero, s4a = TLanes.Zero, s5a = TLanes.Zero;
        TVector s0b = TLanes.Zero, s1b = TLanes.Zero, s2b = TLanes.Zero, s3b = TLanes.Zero, s4b = TLanes.Zero, s5b = TLanes.Zero;
        for (int k = 0; k < depth; k++)
        {
            TVector left = TLanes.Load(b), right = TLanes.Load(b + lanes);
            TVector value = TLanes.Broadcast(*a);
            s0a = TLanes.MultiplyAdd(value, left, s0a);
            s0b = TLanes.MultiplyAdd(value, right, s0b);
            value = TLanes.Broadcast(a[aStride]);
            s1a = TLanes.MultiplyAdd(value, left, s1a);
            s1b = TLanes.MultiplyAdd(value, right, s1b);
            value = TLanes.Broadcast(a[two]);
            s2a = TLanes.MultiplyAdd(value, left, s2a);
            s2b = TLanes.MultiplyAdd(value, right, s2b);
            value = TLanes.Broadcast(*a3);
            s3a = TLanes.MultiplyAdd(value, left, s3a);
            s3b = TLanes.MultiplyAdd(value, right, s3b);
            value = TLanes.Broadcast(a3[aStride]);
            s4a = TLanes.MultiplyAdd(value, left, s4a);
            s4b = TLanes.MultiplyAdd(value, right, s4b);
            value = TLanes.Broadcast(a3[two]);
            s5a = TLanes.MultiplyAdd(value, left, s5a);
            s5b = TLanes.MultiplyAdd(value, right, s5b);
            b += 2 * lanes;
            a++;
            a3++;
        }

        TLanes.Store(s0a, c);
        TLanes.Store(s0b, c + lanes);
        TLanes.Store(s1a, c + cStride);
        TLanes.Store(s1b, c + cStride + lanes);
        TLanes.Store(s2a, c + (2 * cStride));
        TLanes.Store(s2b, c + (2 * cStride) + lanes);
        TLanes.Store(s3a, c + (3 * cStride));
        TLanes.Store(s3b, c + (3 * cStride) + lanes);
        TLanes.Store(s4a, c + (4 * cStride));
        TLanes.Store(s4b, c + (4 * cStride) + lanes);
        TLanes.Store(s5a, c + (5 * cStride));
        TLanes.Store(s5b, c + (5 * cStride) + lanes);
    }

    /// <summary>24 sums, 2 weights and a factor: 27 of 32 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwelveByTwo(float* a, nint aStride, float* b, int depth, float* c, nint cStride)
    {
        int lanes = TLanes.Count;
        nint two = 2 * aStride;
        float* a3 = a + (3 * aStride), a6 = a + (6 * aStride), a9 = a + (9 * aStride);
        TVector s0a = TLanes.Zero, s1a = TLanes.Zero, s2a = TLanes.Zero, s3a = TLanes.Zero, s4a = TLanes.Zero, s5a = TLanes.Zero, s6a = TLanes.Zero, s7a = TLanes.Zero, s8a = TLanes.Zero, s9a = TLanes.Zero, s10a = TLanes.Zero, s11a = TLanes.Zero;
        TVector s0b = TLanes.Zero, s1b = TLanes.Zero, s2b = TLanes.Zero, s3b = TLanes.Zero, s4b = TLanes.Zero, s5b = TLanes.Zero, s6b = TLanes.Zero, s7b = TLanes.Zero, s8b = TLanes.Zero, s9b = TLanes.Zero, s10b = TLanes.Zero, s11b = TLanes.Zero;
        for (int k = 0; k < depth; k++)
        {
            TVector left = TLanes.Load(b), right = TLanes.Load(b + lanes);
            TVector value = TLanes.Broadcast(*a);
            s0a = TLanes.MultiplyAdd(value, left, s0a);
            s0b = TLanes.MultiplyAdd(value, right, s0b);
            value = TLanes.Broadcast(a[aStride]);
            s1a = TLanes.MultiplyAdd(value, left, s1a);
            s1b = TLanes.MultiplyAdd(value, right, s1b);
            value = TLanes.Broadcast(a[two]);
            s2a = TLanes.MultiplyAdd(value, left, s2a);
            s2b = TLanes.MultiplyAdd(value, right, s2b);
            value = TLanes.Broadcast(*a3);
            s3a = TLanes.MultiplyAdd(value, left, s3a);
            s3b = TLanes.MultiplyAdd(value, right, s3b);
            value = TLanes.Broadcast(a3[aStride]);
            s4a = TLanes.MultiplyAdd(value, left, s4a);
            s4b = TLanes.MultiplyAdd(value, right, s4b);
            value = TLanes.Broadcast(a3[two]);
            s5a = TLanes.MultiplyAdd(value, left, s5a);
            s5b = TLanes.MultiplyAdd(value, right, s5b);
            value = TLanes.Broadcast(*a6);
            s6a = TLanes.MultiplyAdd(value, left, s6a);
            s6b = TLanes.MultiplyAdd(value, right, s6b);
            value = TLanes.Broadcast(a6[aStride]);
            s7a = TLanes.MultiplyAdd(value, left, s7a);
            s7b = TLanes.MultiplyAdd(value, right, s7b);
            value = TLanes.Broadcast(a6[two]);
            s8a = TLanes.MultiplyAdd(value, left, s8a);
            s8b = TLanes.MultiplyAdd(value, right, s8b);
            value = TLanes.Broadcast(*a9);
            s9a = TLanes.MultiplyAdd(value, left, s9a);
            s9b = TLanes.MultiplyAdd(value, right, s9b);
            value = TLanes.Broadcast(a9[aStride]);
            s10a = TLanes.MultiplyAdd(value, left, s10a);
            s10b = TLanes.MultiplyAdd(value, right, s10b);
            value = TLanes.Broadcast(a9[two]);
            s11a = TLanes.MultiplyAdd(value, left, s11a);
            s11b = TLanes.MultiplyAdd(value, right, s11b);
            b += 2 * lanes;
            a++;
            a3++;
            a6++;
            a9++;
        }

        TLanes.Store(s0a, c);
        TLanes.Store(s0b, c + lanes);
        TLanes.Store(s1a, c + cStride);
        TLanes.Store(s1b, c + cStride + lanes);
        TLanes.Store(s2a, c + (2 * cStride));
        TLanes.Store(s2b, c + (2 * cStride) + lanes);
        TLanes.Store(s3a, c + (3 * cStride));
        TLanes.Store(s3b, c + (3 * cStride) + lanes);
        TLanes.Store(s4a, c + (4 * cStride));
        TLanes.Store(s4b, c + (4 * cStride) + lanes);
        TLanes.Store(s5a, c + (5 * cStride));
        TLanes.Store(s5b, c + (5 * cStride) + lanes);
        TLanes.Store(s6a, c + (6 * cStride));
        TLanes.Store(s6b, c + (6 * cStride) + lanes);
        TLanes.Store(s7a, c + (7 * cStride));
        TLanes.Store(s7b, c + (7 * cStride) + lanes);
        TLanes.Store(s8a, c + (8 * cStride));
        TLanes.Store(s8b, c + (8 * cStride) + lanes);
        TLanes.Store(s9a, c + (9 * cStride));
        TLanes.Store(s9b, c + (9 * cStride) + lanes);
        TLanes.Store(s10a, c + (10 * cStride));
        TLanes.Store(s10b, c + (10 * cStride) + lanes);
        TLanes.Store(s11a, c + (11 * cStride));
        TLanes.Store(s11b, c + (11 * cStride) + lanes);
    }

    /// <summary>12 sums, a weight and a factor: for the last columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwelveByOne(float* a, nint aStride, float* b, int depth, float* c, nint cStride)
    {
        int lanes = TLanes.Count;
        nint two = 2 * aStride;
        float* a3 = a + (3 * aStride), a6 = a + (6 * aStride), a9 = a + (9 * aStride);
        TVector s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero, s4 = TLanes.Zero, s5 = TLanes.Zero, s6 = TLanes.Zero, s7 = TLanes.Zero, s8 = TLanes.Zero, s9 = TLanes.Zero, s10 = TLanes.Zero, s11 = TLanes.Zero;
        for (int k = 0; k < depth; k++)
        {
            TVector left = TLanes.Load(b);
            TVector value = TLanes.Broadcast(*a);
            s0 = TLanes.MultiplyAdd(value, left, s0);
            value = TLanes.Broadcast(a[aStride]);
            s1 = TLanes.MultiplyAdd(value, left, s1);
            value = TLanes.Broadcast(a[two]);
            s2 = TLanes.MultiplyAdd(value, left, s2);
            value = TLanes.Broadcast(*a3);
            s3 = TLanes.MultiplyAdd(value, left, s3);
            value = TLanes.Broadcast(a3[aStride]);
            s4 = TLanes.MultiplyAdd(value, left, s4);
            value = TLanes.Broadcast(a3[two]);
            s5 = TLanes.MultiplyAdd(value, left, s5);
            value = TLanes.Broadcast(*a6);
            s6 = TLanes.MultiplyAdd(value, left, s6);
            value = TLanes.Broadcast(a6[aStride]);
            s7 = TLanes.MultiplyAdd(value, left, s7);
            value = TLanes.Broadcast(a6[two]);
            s8 = TLanes.MultiplyAdd(value, left, s8);
            value = TLanes.Broadcast(*a9);
            s9 = TLanes.MultiplyAdd(value, left, s9);
            value = TLanes.Broadcast(a9[aStride]);
            s10 = TLanes.MultiplyAdd(value, left, s10);
            value = TLanes.Broadcast(a9[two]);
            s11 = TLanes.MultiplyAdd(value, left, s11);
            b += lanes;
            a++;
            a3++;
            a6++;
            a9++;
        }

        TLanes.Store(s0, c);
        TLanes.Store(s1, c + cStride);
        TLanes.Store(s2, c + (2 * cStride));
        TLanes.Store(s3, c + (3 * cStride));
        TLanes.Store(s4, c + (4 * cStride));
        TLanes.Store(s5, c + (5 * cStride));
        TLanes.Store(s6, c + (6 * cStride));
        TLanes.Store(s7, c + (7 * cStride));
        TLanes.Store(s8, c + (8 * cStride));
        TLanes.Store(s9, c + (9 * cStride));
        TLanes.Store(s10, c + (10 * cStride));
        TLanes.Store(s11, c + (11 * cStride));
    }
}
