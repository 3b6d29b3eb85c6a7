using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using NetVips;

namespace Upscale.Interpolation.Benchmarks;

/// <summary>
/// The interpolation stage against libvips <c>resize</c> with the same kernel, in one run, on the same pixels in memory.
/// Both write the whole result into memory that is theirs already: the first touch of a page costs more than its resizing.
/// </summary>
public sealed class ResizeBenchmark
{
    private static readonly Dictionary<string, Enums.Kernel> s_kernels = new()
    {
        ["nearest"] = Enums.Kernel.Nearest,
        ["bilinear"] = Enums.Kernel.Linear,
        ["bicubic"] = Enums.Kernel.Cubic,
        ["mitchell"] = Enums.Kernel.Mitchell,
        ["lanczos2"] = Enums.Kernel.Lanczos2,
        ["lanczos3"] = Enums.Kernel.Lanczos3,
    };

    private readonly ImageShape _shape;
    private readonly float[] _floats;
    private readonly byte[] _bytes;

    /// <summary>Makes a noisy RGB picture.</summary>
    /// <param name="width">Pixels, at least 1.</param>
    /// <param name="height">Pixels, at least 1.</param>
    public ResizeBenchmark(int width, int height)
    {
        _shape = new ImageShape(width, height, 3);
        _bytes = new byte[_shape.Pixels * _shape.Channels];
        new Random(1).NextBytes(_bytes);
        _floats = Array.ConvertAll(_bytes, b => b / 255f);
    }

    /// <summary>The kernels that both libraries have.</summary>
    public static IEnumerable<string> Kernels => s_kernels.Keys;

    /// <summary>Times one resize; the libraries take turns.</summary>
    /// <param name="kernel">One of <see cref="Kernels"/>.</param>
    /// <param name="scale">Factor for both sides, over 0.</param>
    /// <param name="runs">Timed runs of each, after one that is not counted; at least 1.</param>
    public async Task<ResizeTiming> RunAsync(string kernel, double scale, int runs)
    {
        double[] ours = new double[runs];
        double[] vipsFloat = new double[runs];
        double[] vipsByte = new double[runs];
        ImageShape output = TargetSize.Resolve(_shape, scale, null, null)!.Value;
        using FloatBuffer result = new(output.Pixels * output.Channels);
        result.GetSpan().Clear();
        for (int run = -1; run < runs; run++)
        {
            double a = await OursAsync(kernel, scale, result).ConfigureAwait(false);
            double b = Vips(MemoryMarshal.AsBytes<float>(_floats), Enums.BandFormat.Float, kernel, scale, result, output);
            double c = Vips(_bytes, Enums.BandFormat.Uchar, kernel, scale, result, output);
            if (run >= 0)
                (ours[run], vipsFloat[run], vipsByte[run]) = (a, b, c);
        }

        return new ResizeTiming(kernel, scale, ours.Min(), vipsFloat.Min(), vipsByte.Min());
    }

    private async Task<double> OursAsync(string kernel, double scale, FloatBuffer result)
    {
        IStripSource input = new PreparedSource(_floats, _shape);
        Stopwatch watch = Stopwatch.StartNew();
        StageOptions options = new(new Dictionary<string, object> { ["kernel"] = kernel, ["scale"] = scale });
        IStage stage = new InterpolationStageFactory().Create(options, new QuietServices());
        await using (stage.ConfigureAwait(false))
        {
            StagePlan plan = await stage.PlanAsync(_shape, CancellationToken.None).ConfigureAwait(false);
            IStripSource source = stage.Connect(input);
            await using (source.ConfigureAwait(false))
            {
                while (await source.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } strip)
                {
                    using (strip)
                    {
                        for (int channel = 0; channel < strip.Channels; channel++)
                        {
                            long begin = (channel * plan.Output.Pixels) + ((long)strip.Top * strip.Width);
                            strip.Plane(channel).CopyTo(result.GetSpan().Slice((int)begin, strip.Width * strip.Height));
                        }
                    }
                }

                return watch.Elapsed.TotalMilliseconds;
            }
        }
    }

    private double Vips(ReadOnlySpan<byte> pixels, Enums.BandFormat format, string kernel, double scale, FloatBuffer result, ImageShape shape)
    {
        using Image input = Image.NewFromMemoryCopy(pixels, _shape.Width, _shape.Height, _shape.Channels, format);
        int sampleSize = pixels.Length / _floats.Length;
        using MemoryHandle memory = result.Pin();
        using Image target = Image.NewFromMemory(Address(memory), (ulong)(shape.Pixels * shape.Channels * sampleSize), shape.Width, shape.Height, shape.Channels, format);
        Stopwatch watch = Stopwatch.StartNew();
        using Image output = input.Resize(scale, kernel: s_kernels[kernel]);
        output.Write(target);
        return watch.Elapsed.TotalMilliseconds;
    }

    private static unsafe IntPtr Address(MemoryHandle memory) => (IntPtr)memory.Pointer;
}
