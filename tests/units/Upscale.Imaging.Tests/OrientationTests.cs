using NetVips;

namespace Upscale.Imaging.Tests;

public sealed class OrientationTests
{
    public static TheoryData<int, bool> Cases()
    {
        TheoryData<int, bool> data = [];
        for (int orientation = 1; orientation <= 8; orientation++)
        {
            data.Add(orientation, true);
            data.Add(orientation, false);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_picture_is_read_upright_in_memory_and_through_a_file(int orientation, bool inMemory)
    {
        using TemporaryFolder folder = new();
        Picture stored = Picture.Noise(31, 600, 3, true, 8);
        string path = await WriteTurnedAsync(folder, stored, orientation);
        ReadOptions options = new() { MaxBytesTurnedInMemory = inMemory ? long.MaxValue : 0 };
        await using ImageReader reader = ImageReader.Open(path, options);
        Picture upright = await Picture.ReadAsync(reader);
        bool lying = orientation >= 5;
        Assert.Equal((lying ? 600 : 31, lying ? 31 : 600), (upright.Width, upright.Height));
        for (int y = 0; y < upright.Height; y++)
        {
            for (int x = 0; x < upright.Width; x++)
            {
                (int sx, int sy) = StoredPlace(orientation, x, y, stored.Width, stored.Height);
                for (int p = 0; p < 4; p++)
                    Assert.Equal(stored[p, sx, sy], upright[p, x, y]);
            }
        }
    }

    [Fact]
    public async Task The_temporary_file_is_gone_after_a_half_read_picture()
    {
        using TemporaryFolder folder = new();
        string path = await WriteTurnedAsync(folder, Picture.Noise(700, 900, 3, false, 8), 6);
        string[] Files() => Directory.GetFiles(Path.GetTempPath(), "upscale-*.tif");
        string[] before = Files();
        await using (ImageReader reader = ImageReader.Open(path, new ReadOptions { MaxBytesTurnedInMemory = 0 }))
        {
            (await reader.Colours.ReadAsync(default))!.Dispose();
            Assert.Single(Files().Except(before));
        }

        Assert.Empty(Files().Except(before));
    }

    [Fact]
    public async Task The_result_is_not_turned_again()
    {
        using TemporaryFolder folder = new();
        string path = await WriteTurnedAsync(folder, Picture.Noise(31, 20, 3, false, 8), 6);
        await using ImageReader reader = ImageReader.Open(path);
        await ImageWriter.WriteAsync(folder.File("out.jpg"), new EncodeOptions { Format = ImageFormats.Jpeg }, reader.Colours, null, reader.Metadata, default);
        using Image image = Image.NewFromFile(folder.File("out.jpg"));
        Assert.Equal((20, 31, 1), (image.Width, image.Height, image.Get("orientation")));
        Assert.StartsWith("1 ", (string)image.Get("exif-ifd0-Orientation"), StringComparison.Ordinal);
    }

    // EXIF 2.32, table 6: which stored pixel is at (x, y) of the upright picture.
    private static (int X, int Y) StoredPlace(int orientation, int x, int y, int width, int height)
        => orientation switch
        {
            1 => (x, y),
            2 => (width - 1 - x, y),
            3 => (width - 1 - x, height - 1 - y),
            4 => (x, height - 1 - y),
            5 => (y, x),
            6 => (y, height - 1 - x),
            7 => (width - 1 - y, height - 1 - x),
            _ => (width - 1 - y, x),
        };

    private static async Task<string> WriteTurnedAsync(TemporaryFolder folder, Picture stored, int orientation)
    {
        await stored.WriteAsync(folder.File("stored.png"));
        using Image image = Image.NewFromFile(folder.File("stored.png"));
        using Image turned = image.Mutate(m => m.Set(GValue.GIntType, "orientation", orientation));
        turned.WriteToFile(folder.File("turned.png"));
        return folder.File("turned.png");
    }
}
