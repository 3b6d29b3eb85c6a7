using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Upscale.Interpolation;

/// <summary>
/// A resampled picture. When enlarging, each input row goes through the horizontal pass once, into a ring of rows as wide as
/// the output, and the vertical pass sums rows of the ring. When reducing, the vertical pass sums input rows, and the
/// horizontal pass takes the sums. A block of output columns needs nothing of another block's, so that a thread takes it
/// through both passes while it is in the cache.
/// </summary>
internal sealed class InterpolationSource : IStripSource
{
    private readonly ResamplePlan _plan;
    private readonly int _threads;
    private readonly Action _stripDone;
    private readonly StripWindow _input;
    private readonly FloatBuffer _ring;
    private readonly FloatBuffer _scratch;
    private int _inputRow;
    private int _outputRow;

    /// <param name="input">Of the planned size; disposed with this source.</param>
    /// <param name="plan">Weights and cuts.</param>
    /// <param name="threads">Most threads at a time; the result does not depend on it.</param>
    /// <param name="stripDone">Called after each strip.</param>
    public InterpolationSource(IStripSource input, ResamplePlan plan, int threads, Action stripDone)
    {
        _plan = plan;
        _threads = threads;
        _stripDone = stripDone;
        _input = new StripWindow(input);
        _ring = new FloatBuffer(plan.RingFloats);
        _scratch = new FloatBuffer((long)threads * plan.ScratchFloats);
    }

    public ImageShape Shape => _plan.Output;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_outputRow == Shape.Height)
            return null;
        int top = _outputRow;
        int bottom = Math.Min(top + _plan.StripRows, Shape.Height);
        int needTop = _plan.Vertical.First[top];
        int needBottom = _plan.Vertical.First[bottom - 1] + _plan.Vertical.Taps;
        if (_plan.VerticalFirst)
        {
            await _input.MoveAsync(needTop, needBottom, cancellationToken).ConfigureAwait(false);
            return MakeStrip(top, bottom, strip => SumThenResample(strip, cancellationToken));
        }

        while (true)
        {
            int begin = Math.Max(_inputRow, needTop);
            int end = begin;
            if (begin < needBottom)
            {
                int rows = (needBottom - begin + HorizontalPass.Lanes - 1) / HorizontalPass.Lanes * HorizontalPass.Lanes;
                end = (int)Math.Min(begin + (long)Math.Min(rows, _plan.ChunkRows), _plan.Input.Height);
                await _input.MoveAsync(begin, end, cancellationToken).ConfigureAwait(false);
            }

            _inputRow = end;
            if (end >= needBottom)
                return MakeStrip(top, bottom, strip => ResampleThenSum(begin, end, strip, cancellationToken));
            ResampleThenSum(begin, end, null, cancellationToken);
        }
    }

    public ValueTask DisposeAsync()
    {
        _ring.Dispose();
        _scratch.Dispose();
        return _input.DisposeAsync();
    }

    private Strip MakeStrip(int top, int bottom, Action<Strip> fill)
    {
        Strip strip = new(Shape.Width, Shape.Channels, top, bottom - top);
        try
        {
            fill(strip);
        }
        catch
        {
            strip.Dispose();
            throw;
        }

        _outputRow = bottom;
        _stripDone();
        return strip;
    }

    /// <summary>Makes a strip from input rows that are all held.</summary>
    private unsafe void SumThenResample(Strip strip, CancellationToken cancellationToken)
    {
        WeightTable vertical = _plan.Vertical;
        int first = vertical.First[strip.Top];
        int span = vertical.First[strip.Bottom - 1] + vertical.Taps - first;
        nint[] rows = new nint[Shape.Channels * span];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = InputRow(i / span, first + (i % span));

        float* output = Address(strip.Data);
        float* scratch = Address(_scratch.Memory);
        int groups = (strip.Height + HorizontalPass.Lanes - 1) / HorizontalPass.Lanes;
        int blocks = (Shape.Width + _plan.BlockColumns - 1) / _plan.BlockColumns;
        Blocks.Run(
            Shape.Channels * groups * blocks,
            _threads,
            (worker, index) =>
            {
                int channel = index / groups / blocks;
                int top = strip.Top + (index / blocks % groups * HorizontalPass.Lanes);
                int left = index % blocks * _plan.BlockColumns;
                int right = Math.Min(left + _plan.BlockColumns, Shape.Width);

                // Whole vectors, so that nothing is left to be summed one by one.
                int inputLeft = _plan.Horizontal.First[left] / 8 * 8;
                int inputRight = Math.Min((_plan.Horizontal.First[right - 1] + _plan.Horizontal.Taps + 7) / 8 * 8, _plan.Input.Width);
                float* sums = scratch + ((nint)worker * _plan.ScratchFloats);
                float** source = stackalloc float*[HorizontalPass.Lanes];
                float** target = stackalloc float*[HorizontalPass.Lanes];
                fixed (nint* r = rows)
                fixed (float* weights = vertical.Weights)
                {
                    for (int lane = 0; lane < HorizontalPass.Lanes; lane++)
                    {
                        // Lanes without a row of their own do the last row once more.
                        int y = Math.Min(top + lane, strip.Bottom - 1);
                        source[lane] = sums + ((y - top) * _plan.SumPitch) - inputLeft;
                        target[lane] = output + ((((nint)channel * strip.Height) + y - strip.Top) * Shape.Width);
                        float** taps = (float**)r + (channel * span) + vertical.First[y] - first;
                        if (y == top + lane)
                            VerticalPass.Run(taps, weights + ((nint)y * vertical.Taps), vertical.Taps, source[lane], inputLeft, inputRight);
                    }
                }

                HorizontalPass.Run(_plan.Horizontal, source, target, left, right, sums + (HorizontalPass.Lanes * _plan.SumPitch));
            },
            cancellationToken);
    }

    /// <summary>Takes input rows [begin, end) into the ring; then, if there is a strip, makes it from the ring.</summary>
    private unsafe void ResampleThenSum(int begin, int end, Strip? strip, CancellationToken cancellationToken)
    {
        int groups = (end - begin + HorizontalPass.Lanes - 1) / HorizontalPass.Lanes;
        int lanes = groups * HorizontalPass.Lanes;
        nint[] source = new nint[Shape.Channels * lanes];
        nint[] target = new nint[source.Length];
        for (int i = 0; i < source.Length; i++)
        {
            // Lanes without a row of their own do the last row once more.
            int y = begin + Math.Min(i % lanes, end - begin - 1);
            source[i] = InputRow(i / lanes, y);
            target[i] = (nint)RingRow(i / lanes, y);
        }

        WeightTable vertical = _plan.Vertical;
        int first = strip is null ? 0 : vertical.First[strip.Top];
        int span = strip is null ? 0 : vertical.First[strip.Bottom - 1] + vertical.Taps - first;
        nint[] rows = new nint[Shape.Channels * span];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = (nint)RingRow(i / span, first + (i % span));

        float* output = strip is null ? null : Address(strip.Data);
        float* scratch = Address(_scratch.Memory);
        int blocks = (Shape.Width + _plan.BlockColumns - 1) / _plan.BlockColumns;
        Blocks.Run(
            Shape.Channels * blocks,
            _threads,
            (worker, index) =>
            {
                int channel = index / blocks;
                int left = index % blocks * _plan.BlockColumns;
                int right = Math.Min(left + _plan.BlockColumns, Shape.Width);
                fixed (nint* s = source, t = target, r = rows)
                fixed (float* weights = vertical.Weights)
                {
                    for (int lane = channel * lanes; lane < (channel + 1) * lanes; lane += HorizontalPass.Lanes)
                        HorizontalPass.Run(_plan.Horizontal, (float**)s + lane, (float**)t + lane, left, right, scratch + ((nint)worker * _plan.ScratchFloats));
                    if (strip is null)
                        return;
                    float* row = output + ((nint)channel * strip.Height * Shape.Width);
                    for (int y = strip.Top; y < strip.Bottom; y++, row += Shape.Width)
                    {
                        float** taps = (float**)r + (channel * span) + vertical.First[y] - first;
                        VerticalPass.Run(taps, weights + ((nint)y * vertical.Taps), vertical.Taps, row, left, right);
                    }
                }
            },
            cancellationToken);
    }

    /// <summary>Strips lie outside the garbage-collected heap: nothing moves their rows.</summary>
    private unsafe nint InputRow(int channel, int y) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_input.Row(channel, y)));

    private unsafe float* RingRow(int channel, int y)
        => Address(_ring.Memory) + ((((nint)(y % _plan.RingRows) * Shape.Channels) + channel) * _plan.RingPitch);

    private static unsafe float* Address(Memory<float> native) => (float*)native.Pin().Pointer;
}
