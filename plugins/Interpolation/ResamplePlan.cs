namespace Upscale.Interpolation;

/// <summary>How a picture is resampled: the weights of both axes, and how the work is cut.</summary>
internal sealed class ResamplePlan
{
    private const long StripBytes = 2 << 20;
    private const long ChunkBytes = 4 << 20;
    private const long WindowBytes = 24 << 20;
    private const int MostStripRows = 256;
    private const int BlockInputs = 2048;
    private const int MostBlockOutputs = 2048;

    /// <param name="input">Size that comes in.</param>
    /// <param name="output">Size of the result.</param>
    /// <param name="kernel">The filter.</param>
    /// <param name="region">The part of the input that the result shows; null for all of it.</param>
    public ResamplePlan(ImageShape input, ImageShape output, Kernel kernel, ImageRegion? region = null)
    {
        Input = input;
        Output = output;
        Horizontal = WeightTable.Create(kernel, input.Width, output.Width, region is { } across ? (across.X, across.Width) : null);
        Vertical = WeightTable.Create(kernel, input.Height, output.Height, region is { } down ? (down.Y, down.Height) : null);
        ChunkRows = (int)Math.Max(RoundUp(ChunkBytes / RowBytes(input), HorizontalPass.Lanes), HorizontalPass.Lanes);

        // A strip's new input rows should fit a chunk, for then a strip is one run over all threads.
        double inputRows = Math.Max(1, (double)input.Height / output.Height);
        int rows = (int)Math.Clamp(Math.Min(StripBytes / RowBytes(output), ChunkRows * 0.75 / inputRows), 1, MostStripRows);
        int fullRows = (int)RoundUp(rows, HorizontalPass.Lanes);
        VerticalFirst = output.Height < input.Height && Span(Vertical, fullRows) * RowBytes(input) <= WindowBytes;
        StripRows = Math.Min(VerticalFirst ? fullRows : rows, output.Height);
        Strips = (output.Height + StripRows - 1) / StripRows;
        int span = Span(Vertical, StripRows);
        InputRows = VerticalFirst ? span : Math.Min(ChunkRows, input.Height);
        RingRows = VerticalFirst ? 0 : Math.Min(span + HorizontalPass.Lanes - 1, input.Height);

        int columns = (int)Math.Clamp((long)BlockInputs * output.Width / input.Width, 8, MostBlockOutputs);
        BlockColumns = columns - (columns % (columns < 64 ? 8 : 64));
        SumPitch = VerticalFirst ? OddLines(Span(Horizontal, BlockColumns) + 16) : 0;
        ScratchFloats = HorizontalPass.Lanes * (Span(Horizontal, BlockColumns) + SumPitch);
    }

    public ImageShape Input { get; }

    public ImageShape Output { get; }

    public WeightTable Horizontal { get; }

    public WeightTable Vertical { get; }

    /// <summary>
    /// True when the vertical pass comes first, which leaves fewer rows to the horizontal pass: when reducing, as long as
    /// the input rows that a strip looks at can all be held.
    /// </summary>
    public bool VerticalFirst { get; }

    /// <summary>Input rows that are held at a time, at most.</summary>
    public int InputRows { get; }

    /// <summary>Input rows that go through the horizontal pass together, at most, when that comes first.</summary>
    public int ChunkRows { get; }

    /// <summary>Rows of an output strip; the last may have fewer.</summary>
    public int StripRows { get; }

    public int Strips { get; }

    /// <summary>Horizontally resampled rows that are held at a time; none when the vertical pass comes first.</summary>
    public int RingRows { get; }

    /// <summary>
    /// Floats from one row of the ring to the next. An odd number of cache lines: at a power of two the rows of a column
    /// would compete for the same few places in the cache.
    /// </summary>
    public int RingPitch => OddLines(Output.Width);

    /// <summary>Floats of the ring.</summary>
    public long RingFloats => (long)RingRows * Output.Channels * RingPitch;

    /// <summary>Output columns that a thread takes at a time.</summary>
    public int BlockColumns { get; }

    /// <summary>As <see cref="RingPitch"/> for the rows of a block that the vertical pass has summed, when that comes first.</summary>
    public int SumPitch { get; }

    /// <summary>Floats that a thread needs for a block: <see cref="HorizontalPass.Lanes"/> summed rows, then room for the horizontal pass.</summary>
    public int ScratchFloats { get; }

    /// <summary>Floating-point operations: a multiplication and an addition per tap.</summary>
    public double Operations
        => 2.0 * Output.Channels * (VerticalFirst
            ? Output.Height * (((double)Input.Width * Vertical.Taps) + ((double)Output.Width * Horizontal.Taps))
            : Output.Width * (((double)Input.Height * Horizontal.Taps) + ((double)Output.Height * Vertical.Taps)));

    /// <summary>Working memory at its peak in bytes: input rows, ring, scratch, output strip.</summary>
    public long MemoryBytes(int threads)
        => (InputRows * RowBytes(Input))
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

    private static int OddLines(int floats) => (((floats + 15) / 16) | 1) * 16;

    private static long RowBytes(ImageShape shape) => (long)shape.Width * shape.Channels * sizeof(float);

    private static long RoundUp(long value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
