using System.Globalization;
using Upscale.Interpolation.Benchmarks;

NetVips.Cache.Max = 0;
string[] kernels = args.Length > 0 ? args : ["bicubic", "lanczos3"];
ResizeBenchmark benchmark = new(2048, 1536);
Console.WriteLine($"2048x1536 RGB, {Environment.ProcessorCount} cores, libvips {NetVips.NetVips.Version(0)}.{NetVips.NetVips.Version(1)}.{NetVips.NetVips.Version(2)} with {NetVips.NetVips.Concurrency} threads; fastest run in ms");
Console.WriteLine("kernel      scale     ours   vips float   ratio   vips 8 bit   ratio");
foreach (string kernel in kernels)
{
    foreach (double scale in (double[])[2, 4, 0.5, 0.25])
    {
        ResizeTiming t = await benchmark.RunAsync(kernel, scale, scale > 1 ? 5 : 15).ConfigureAwait(false);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{t.Kernel,-10} {t.Scale,6} {t.OursMs,8:F1} {t.VipsFloatMs,12:F1} {t.OverFloat,7:F2} {t.VipsByteMs,12:F1} {t.OverByte,7:F2}"));
    }
}
