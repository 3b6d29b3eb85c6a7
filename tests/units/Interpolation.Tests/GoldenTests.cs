using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Interpolation.Tests;

public sealed class GoldenTests
{
    public static TheoryData<string, string> Cases(string part)
    {
        TheoryData<string, string> cases = [];
        foreach (string folder in TestData.ReferenceFolders("interpolation"))
        {
            foreach (JsonElement file in Files(folder))
            {
                string name = file.GetProperty("file").GetString()!;
                if (name.Contains(part, StringComparison.Ordinal))
                    cases.Add(folder, name);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases), "_pillow_F_")]
    public void Floats_agree_with_Pillow(string folder, string file)
    {
        (Picture input, Picture expected, string kernel) = Load(folder, file);
        Picture colours = Resize.Run(Channels(input, 0, input.Shape.Channels), kernel, expected.Shape.Width, expected.Shape.Height);
        int compared = 0;
        for (int c = 0; c < expected.Shape.Channels; c++)
        {
            for (int y = 0; y < expected.Shape.Height; y++)
            {
                for (int x = 0; x < expected.Shape.Width; x++)
                {
                    if (kernel == "nearest" && (OnBorder(x, input.Shape.Width, expected.Shape.Width) || OnBorder(y, input.Shape.Height, expected.Shape.Height)))
                        continue;
                    compared++;
                    Assert.True(
                        Math.Abs(expected[c, y, x] - colours[c, y, x]) <= (kernel == "nearest" ? 0 : 1e-5),
                        $"channel {c} row {y} column {x}: {colours[c, y, x]}, not {expected[c, y, x]}");
                }
            }
        }

        Assert.True(compared > expected.Data.Length / 2);
    }

    [Theory]
    [MemberData(nameof(Cases), "_premultiplied_F_")]
    public void Hidden_colours_do_not_bleed_when_premultiplied(string folder, string file)
    {
        (Picture input, Picture expected, string kernel) = Load(folder, file);
        int width = expected.Shape.Width;
        int height = expected.Shape.Height;
        Picture premultiplied = Picture.Make(input.Shape with { Channels = 3 }, (c, y, x) => input[c, y, x] * input[3, y, x]);
        Picture colours = Resize.Run(premultiplied, kernel, width, height);
        Picture alpha = Resize.Run(Channels(input, 3, 1), kernel, width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                Assert.Equal(expected[3, y, x], alpha[0, y, x], 1e-5);
                float a = Math.Clamp(alpha[0, y, x], 0, 1);
                for (int c = 0; c < 3; c++)
                {
                    // Dividing by a small alpha enlarges the rounding of both sides.
                    double colour = a > 1e-6 ? colours[c, y, x] / a : 0;
                    Assert.Equal(expected[c, y, x], colour, 1e-5 * Math.Max(1, 0.1 / Math.Max(a, 1e-6)));
                }
            }
        }
    }

    private static (Picture Input, Picture Expected, string Kernel) Load(string folder, string file)
    {
        JsonElement entry = Files(folder).Single(f => f.GetProperty("file").GetString() == file);
        string method = entry.GetProperty("method").GetString()!;
        Picture input = Read(Path.Combine(folder, $"in_{entry.GetProperty("image").GetString()}.npy"));
        return (input, Read(Path.Combine(folder, file)), method == "LANCZOS" ? "lanczos3" : method.ToLowerInvariant());
    }

    private static IEnumerable<JsonElement> Files(string folder)
        => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "index.json"))).RootElement.GetProperty("files").EnumerateArray();

    private static Picture Read(string path)
    {
        NpyFile file = NpyFile.Read(path);
        double white = file.Type switch
        {
            "|u1" => 255,
            "<u2" => 65535,
            _ => 1,
        };
        ImageShape shape = new(file.Shape[1], file.Shape[0], file.Shape.Length > 2 ? file.Shape[2] : 1);
        return Picture.Make(shape, (c, y, x) => (float)(file.Values[(((y * shape.Width) + x) * shape.Channels) + c] / white));
    }

    private static Picture Channels(Picture picture, int first, int count)
        => Picture.Make(picture.Shape with { Channels = count }, (c, y, x) => picture[first + c, y, x]);

    /// <summary>
    /// Where the centre of an output lies exactly between two pixels, either is right: at a ratio that is no whole number,
    /// Pillow's choice is one of rounding.
    /// </summary>
    private static bool OnBorder(int output, int inputs, int outputs)
        => inputs % outputs != 0 && ((2L * output) + 1) * inputs % (2L * outputs) == 0;
}
