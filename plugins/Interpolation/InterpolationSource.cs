using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Upscale.Interpolation;

/// <summary>
/// A resampled picture. Each input row goes through the horizontal pass once, into a ring of rows as wide as the output;
/// the vertical pass sums rows of the ring. A block of output columns needs nothing of another block's, so that a thread
/// takes it through both passes while it is in the cache.
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
            if (end < needBottom)
            {
                Resample(begin, end, null, cancellationToken);
                continue;
            }

            Strip strip = new(Shape.Width, Shape.Channels, top, bottom - top);
            try
            {
                Resample(begin, end, strip, cancellationToken);
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
    }

    public ValueTask DisposeAsync()
    {
        _ring.Dispose();
        _scratch.Dispose();
        return _input.DisposeAsync();
    }

    /// <summary>Takes input rows [begin, end) into the ring; then, if there is a strip, makes it from the ring.</summary>
    private unsafe void Resample(int begin, int end, Strip? strip, CancellationToken cancellationToken)
    {
        int groups = (end - begin + HorizontalPass.Lanes - 1) / HorizontalPass.Lanes;
        int lanes = groups * HorizontalPass.Lanes;
        nint[] source = new nint[Shape.Channels * lanes];
        nint[] target = new nint[source.Length];
        for (int i = 0; i < source.Length; i++)
        {
            // Lanes without a row of their own do the last row once more.
            int y = begin + Math.Min(i % lanes, end - begin - 1);

            // Strips lie outside the garbage-collected heap: nothing moves them.
            source[i] = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_input.Row(i / lanes, y)));
            target[i] = (nint)RingRow(i / lanes, y);
        }

        WeightTable vertical = _plan.Vertical;
        int first = strip is null ? 0 : vertical.First[strip.Top];
        int span = strip is null ? 0 : vertical.First[strip.Bottom - 1] + vertical.Taps - first;
        nint[] rows = new nint[Shape.Channels * span];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = (nint)RingRow(i / span, first + (i % span));

        float* output = strip is null ? null : (float*)strip.Data.Pin().Pointer;
        float* scratch = Address(_scratch);
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

    private unsafe float* RingRow(int channel, int y)
        => Address(_ring) + ((((nint)(y % _plan.RingRows) * Shape.Channels) + channel) * _plan.RingPitch);

    private static unsafe float* Address(FloatBuffer buffer) => (float*)buffer.Pin().Pointer;
}
