using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Imaging.Tests;

/// <summary>Good, odd and broken files, described by EXPECTED.json in each reference root.</summary>
public sealed class ReferenceFilesTests
{
    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> data = [];
        foreach (string folder in TestData.ReferenceFolders("badfiles"))
        {
            foreach (JsonElement entry in Entries(folder))
            {
                string file = entry.GetProperty("file").GetString()!;
                if (File.Exists(Path.Combine(folder, Stored(entry))))
                    data.Add(folder, file);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_file_is_read_or_refused_as_expected(string folder, string file)
    {
        JsonElement entry = Entries(folder).Single(e => e.GetProperty("file").GetString() == file);
        using TemporaryFolder temporary = new();
        long before = FloatBuffer.Outstanding;
        string path = temporary.File(Path.GetFileName(file));
        File.Copy(Path.Combine(folder, Stored(entry)), path);

        ImageHeader? header = null;
        Picture? picture = null;
        UpscaleException? refusal = null;
        try
        {
            await using (ImageReader reader = ImageReader.Open(path))
            {
                header = reader.Header;
                picture = await Picture.ReadAsync(reader);
            }

            await using (ImageReader reader = ImageReader.Open(path))
                await ImageWriter.WriteAsync(temporary.File("out"), new EncodeOptions { Format = ImageFormats.Png, Depth = header.Depth }, reader.Colours, reader.Alpha, reader.Metadata, default);
        }
        catch (UpscaleException e)
        {
            refusal = e;
        }

        Assert.Equal(before, FloatBuffer.Outstanding);
        JsonElement mustRefuse = entry.GetProperty("must_refuse");
        if (refusal is not null)
        {
            Assert.NotEqual(JsonValueKind.False, mustRefuse.ValueKind);
            Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
            Assert.Equal([Path.GetFileName(path)], temporary.Names);
            return;
        }

        Assert.NotEqual(JsonValueKind.True, mustRefuse.ValueKind);
        CheckHeader(entry, header!);
        if (entry.TryGetProperty("pixels", out JsonElement pixels) && !entry.TryGetProperty("default_image_extra", out _) && !entry.TryGetProperty("colour", out _))
            CheckPixels(entry, NpyFile.Read(Path.Combine(folder, pixels.GetString()!)), picture!);
    }

    private static void CheckHeader(JsonElement entry, ImageHeader header)
    {
        if (entry.TryGetProperty("upright_size", out JsonElement size) || entry.TryGetProperty("size", out size))
            Assert.Equal((size[0].GetInt32(), size[1].GetInt32()), (header.Width, header.Height));
        if (entry.TryGetProperty("bits", out JsonElement bits))
            Assert.Equal(bits.GetInt32() switch { > 16 => SampleDepth.Float, > 8 => SampleDepth.Sixteen, _ => SampleDepth.Eight }, header.Depth);
        if (!entry.TryGetProperty("frames", out JsonElement frames) || entry.TryGetProperty("default_image_extra", out _))
            return;
        Assert.Equal(frames.GetInt32(), header.Frames);
    }

    private static void CheckPixels(JsonElement entry, NpyFile golden, Picture picture)
    {
        bool animated = golden.Shape.Length == 4;
        int height = golden.Shape[animated ? 1 : 0];
        int width = golden.Shape[animated ? 2 : 1];
        int bands = golden.Shape.Length == 2 ? 1 : golden.Shape[^1];
        Assert.Equal((width, height), (picture.Width, picture.Height));
        double max = golden.Type switch { "|u1" => 255, "<u2" => 65535, _ => 1 };
        double tolerance = (entry.GetProperty("pixels_tolerance").GetDouble() / max) + 1e-6;
        bool goldenAlpha = bands is 2 or 4;
        // Decoders interpolate the halved chroma of AVIF differently, so that single pixels differ by much in noisy pictures.
        bool onAverage = entry.GetProperty("file").GetString()!.EndsWith(".avif", StringComparison.Ordinal);
        double sum = 0;
        bool visibleOnly = entry.TryGetProperty("tolerance_note", out _);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int at = ((y * width) + x) * bands;
                double alpha = picture.HasAlpha ? picture[picture.Channels, x, y] : 1;
                double wantedAlpha = goldenAlpha ? golden.Values[at + bands - 1] / max : 1;
                Assert.Equal(wantedAlpha, alpha, tolerance);
                if (visibleOnly && wantedAlpha == 0)
                    continue;
                for (int c = 0; c < bands - (goldenAlpha ? 1 : 0); c++)
                {
                    double wanted = golden.Values[at + c] / max;
                    double value = picture[Math.Min(c, picture.Channels - 1), x, y];
                    Assert.True(double.IsFinite(value));
                    if (!double.IsFinite(wanted))
                        continue;
                    sum += Math.Abs(wanted - value);
                    if (!onAverage)
                        Assert.True(Math.Abs(wanted - value) <= tolerance, $"({x}, {y}) channel {c}: {value * max}, not {wanted * max}");
                }
            }
        }

        Assert.InRange(sum / (width * height * bands), 0, tolerance);
    }

    private static string Stored(JsonElement entry)
        => entry.TryGetProperty("make_from", out JsonElement from) ? from.GetString()! : entry.GetProperty("file").GetString()!;

    private static JsonElement[] Entries(string folder)
        => [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "EXPECTED.json"))).RootElement.GetProperty("entries").EnumerateArray()];
}
