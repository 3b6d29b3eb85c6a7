using System.Diagnostics;
using System.Globalization;
using Upscale.Testing;
using Xunit.Abstractions;

namespace Upscale.Imaging.Tests;

/// <summary>
/// Damaged files of every format that is read: no crash, no hang, no leak, and every failure is an error that names the file. The environment variable UPSCALE_FUZZ
/// says how many files there are, UPSCALE_FUZZ_SEED where to begin. A file that ends the process is found in the folder upscale-fuzz-* for temporary files.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int Usual = 1500;
    private const int Tenths = 10;

    // Parts of the run after which all code has been there once, and what the native allocator keeps has its size.
    private const int WarmTenths = 3;
    private const long MostGrowth = 96L << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // What a hostile file may cost is bounded by these; the usual ones would only let every case take longer.
    private static readonly ReadOptions s_limits = new() { MaxPixels = 1 << 20, MaxPixelsInMemory = 1 << 20 };

    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"upscale-fuzz-{Environment.ProcessId}")).FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Damaged_files_are_read_or_refused_by_name_and_nothing_leaks_or_hangs()
    {
        int count = Number("UPSCALE_FUZZ", Usual);
        int start = Number("UPSCALE_FUZZ_SEED", 0);
        (string Name, byte[] Bytes)[] whole = await WholeFilesAsync();
        Dictionary<string, int[]> outcomes = [];
        long buffers = FloatBuffer.Outstanding;
        List<long> resident = [];
        Stopwatch clock = Stopwatch.StartNew();
        (TimeSpan Time, int Seed) slowest = default;
        for (int i = 0; i < count; i++)
        {
            if (i % Math.Max(1, count / Tenths) == 0)
                resident.Add(ResidentBytes());
            (string name, byte[] bytes) = whole[i % whole.Length];
            string path = Path.Combine(_folder, name);
            File.WriteAllBytes(path, Mutator.Mutate(bytes, start + i));
            string outcome;
            TimeSpan began = clock.Elapsed;
            try
            {
                outcome = await Task.Run(() => TryAsync(path, start + i)).WaitAsync(s_patience);
            }
            catch (Exception e)
            {
                string kept = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"upscale-fuzz-{start + i}-{name}"));
                File.Copy(path, kept, overwrite: true);
                Assert.Fail($"Seed {start + i}, file {kept}: {e}");
                throw;
            }

            if (clock.Elapsed - began > slowest.Time)
                slowest = (clock.Elapsed - began, start + i);
            string format = Path.GetExtension(name);
            outcomes.TryAdd(format, new int[2]);
            outcomes[format][outcome == "read" ? 0 : 1]++;
        }

        foreach ((string format, int[] each) in outcomes)
            output.WriteLine($"{format}: {each[0]} read, {each[1]} refused");
        resident.Add(ResidentBytes());
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} files in {clock.Elapsed.TotalSeconds:0} s; the slowest, {slowest.Seed}, took {slowest.Time.TotalSeconds:0.0} s; resident MB after each tenth: {string.Join(' ', resident.Select(r => r >> 20))}"));
        Assert.Equal(buffers, FloatBuffer.Outstanding);
        Assert.InRange(resident[^1] - resident[WarmTenths], long.MinValue, MostGrowth);
        // A mutator that leaves nothing readable, or everything, tests nothing.
        Assert.All(outcomes.Values, each => Assert.True(each[0] > 0 && each[1] > 0));
    }

    private static int Number(string variable, int usual) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : usual;

    private static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }

    /// <summary>Reads a file in one of the ways that there are, and puts what was read and its metadata into another file now and then.</summary>
    private async Task<string> TryAsync(string path, int seed)
    {
        ReadOptions options = s_limits with { AllowTruncated = seed % 3 == 0, RgbSpace = seed % 5 == 0 ? RgbSpace.DisplayP3 : RgbSpace.Srgb, Frame = seed % 11 == 0 ? 1 : 0 };
        string target = Path.Combine(_folder, "result");
        try
        {
            if (seed % 4 == 1)
            {
                await foreach (ImageReader frame in ImageReader.OpenFramesAsync(path, options))
                    await ReadAsync(frame);
                return "read";
            }

            await using ImageReader reader = ImageReader.Open(path, options);
            if (seed % 4 == 3)
            {
                // A refusal for the size of a result is one before work, and names no file.
                ImageFormat[] formats = reader.Header.Width > ImageFormats.WebP.MaxWidth || reader.Header.Height > ImageFormats.WebP.MaxHeight
                    ? [ImageFormats.Png, ImageFormats.Tiff]
                    : [ImageFormats.Png, ImageFormats.Jpeg, ImageFormats.Tiff, ImageFormats.WebP];
                EncodeOptions written = new() { Format = formats[seed / 4 % formats.Length], Quality = 50, Depth = reader.Header.Depth, Force = true, Software = "Test", Strip = (MetadataStrip)(seed / 16 % 3) };
                await ImageWriter.WriteAsync(target, written, reader.Colours, reader.Alpha, reader.Metadata, default);
            }
            else
            {
                await ReadAsync(reader);
            }

            return "read";
        }
        catch (UpscaleException e) when (e.Message.Contains(path, StringComparison.Ordinal) || e.Message.Contains(target, StringComparison.Ordinal))
        {
            return "refused";
        }
    }

    private static async Task ReadAsync(ImageReader reader)
    {
        foreach (IStripSource? source in new[] { reader.Colours, reader.Alpha })
        {
            while (source is not null && await source.ReadAsync(default) is { } strip)
                strip.Dispose();
        }
    }

    /// <summary>Small whole files of every format and kind, the rare kinds made here.</summary>
    private async Task<(string Name, byte[] Bytes)[]> WholeFilesAsync()
    {
        string folder = TestData.ReferenceFolders("badfiles").First();
        string[] kinds =
        [
            "palette8.png", "rgb8_interlaced.png", "rgba16.png", "icc_corrupt.png", "anim_partial.apng.png", "exif_orientation6_gps_xmp.jpg", "cmyk.jpg", "gray.jpg", "anim_opaque.gif",
            "lossy_alpha.webp", "multipage.tif", "bilevel_g4.tif", "gray16_bigendian.tif", "float32_nan_inf.tif", "rgba8.tif", "rgba.avif",
        ];
        List<(string, byte[])> files = [.. kinds.Select(k => (k, File.ReadAllBytes(Path.Combine(folder, k))))];
        await using ImageReader told = ImageReader.Open(Path.Combine(folder, "exif_orientation6_gps_xmp.jpg"));
        Picture[] pictures = [.. Enumerable.Range(0, 3).Select(i => Picture.Noise(24, 19, 3, true, 8, i))];
        await MakeAsync("told.png", new EncodeOptions { Format = ImageFormats.Png, Software = "Test" });
        await MakeAsync("told.tif", new EncodeOptions { Format = ImageFormats.Tiff, Compression = "lzw" });
        await MakeAsync("pyramid.tif", new EncodeOptions { Format = ImageFormats.Tiff, Pyramid = true, Compression = "packbits" });
        await MakeAsync("lossless.webp", new EncodeOptions { Format = ImageFormats.WebP, Lossless = true });
        await MakeAsync("told.avif", new EncodeOptions { Format = ImageFormats.Avif, Lossless = true });
        await MakeAsync("animation.webp", new EncodeOptions { Format = ImageFormats.WebP }, 3);
        await MakeAsync("animation.gif", new EncodeOptions { Format = ImageFormats.Gif }, 3);
        files.Add(("palette.bmp", BmpTests.Make(37, 23, 4, 0, [], [.. Enumerable.Range(0, 64).Select(i => (byte)(i * 3))], (x, y) => [(byte)((x + y) % 16)])));
        files.Add(("colours.bmp", BmpTests.Make(20, -15, 24, 0, [], [], (x, y) => [(byte)x, (byte)y, 7])));
        return [.. files];

        async Task MakeAsync(string name, EncodeOptions options, int frames = 1)
        {
            string path = Path.Combine(_folder, name);
            await ImageWriter.WriteAsync(
                path, options, [.. pictures.Take(frames).Select(p => p.Shape)], null, pictures.Take(frames).Select(p => new ImageFrame(p.Colours(), p.Alpha(), told.Metadata)).ToAsyncEnumerable(), default);
            files.Add((name, File.ReadAllBytes(path)));
        }
    }
}
