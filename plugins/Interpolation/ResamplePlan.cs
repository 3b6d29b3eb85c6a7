namespace Upscale.Interpolation;

/// <summary>How a picture is resampled: the weights of both axes, and how the work is cut.</summary>
internal sealed class ResamplePlan
{
    private const long StripBytes = 2 << 20;
    private const long ChunkBytes = 4 << 20;
    private const int MostStripRows = 256;
    private const int BlockInputs = 512;
    private const int MostBlockOutputs = 1024;

    public ResamplePlan(ImageShape input, ImageShape output, Kernel kernel)
    {
        Input = input;
        Output = output;
        Horizontal = WeightTable.Create(kernel, input.Width, output.Width);
        Vertical = WeightTable.Create(kernel, input.Height, output.Height);
        ChunkRows = (int)Math.Clamp(RoundUp(ChunkBytes / RowBytes(input), HorizontalPass.Lanes), HorizontalPass.Lanes, int.MaxValue / 2);

        // A strip's new input rows should fit a chunk, for then a strip is one run over all threads.
        double inputRows = Math.Max(1, (double)input.Height / output.Height);
        double rows = Math.Min(StripBytes / RowBytes(output), ChunkRows * 0.75 / inputRows);
        StripRows = (int)Math.Clamp(rows, 1, Math.Min(MostStripRows, output.Height));
        Strips = (output.Height + StripRows - 1) / StripRows;
        RingRows = Math.Min(Span(Vertical, StripRows) + HorizontalPass.Lanes - 1, input.Height);

        int columns = (int)Math.Clamp((long)BlockInputs * output.Width / input.Width, 8, MostBlockOutputs);
        BlockColumns = columns - (columns % (columns < 64 ? 8 : 64));
        ScratchFloats = Span(Horizontal, BlockColumns) * HorizontalPass.Lanes;
    }

    public ImageShape Input { get; }

    public ImageShape Output { get; }

    public WeightTable Horizontal { get; }

    public WeightTable Vertical { get; }

    /// <summary>Input rows that go through the horizontal pass together, at most.</summary>
    public int ChunkRows { get; }

    /// <summary>Rows of an output strip; the last may have fewer.</summary>
    public int StripRows { get; }

    public int Strips { get; }

    /// <summary>Horizontally resampled rows that are held at a time.</summary>
    public int RingRows { get; }

    /// <summary>
    /// Floats from one row of the ring to the next. An odd number of cache lines: at a power of two the rows of a column
    /// would compete for the same few places in the cache.
    /// </summary>
    public int RingPitch => (((Output.Width + 15) / 16) | 1) * 16;

    /// <summary>Floats of the ring.</summary>
    public long RingFloats => (long)RingRows * Output.Channels * RingPitch;

    /// <summary>Output columns that a thread takes at a time.</summary>
    public int BlockColumns { get; }

    /// <summary>Floats that a thread needs for the horizontal pass over a block.</summary>
    public int ScratchFloats { get; }

    /// <summary>Floating-point operations: a multiplication and an addition per tap.</summary>
    public double Operations
        => 2.0 * Output.Width * Output.Channels * (((double)Input.Height * Horizontal.Taps) + ((double)Output.Height * Vertical.Taps));

    /// <summary>Working memory at its peak in bytes: input rows of a chunk, ring, scratch, output strip.</summary>
    public long MemoryBytes(int threads)
        => (Math.Min(ChunkRows, Input.Height) * RowBytes(Input))
            + (StripRows * RowBytes(Output))
            + (sizeof(float) * (RingFloats + ((long)threads * ScratchFloats)));

    private static int Span(WeightTable table, int outputs)
    {
        ReadOnlySpan<int> first = table.First;
        int most = 0;
        for (int begin = 0; begin < first.Length; begin += outputs)
            most = Math.Max(most, first[Math.Min(begin + outputs, first.Length) - 1] - first[begin]);
        return most + table.Taps;
    }

    private static long RowBytes(ImageShape shape) => (long)shape.Width * shape.Channels * sizeof(float);

    private static long RoundUp(long value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
