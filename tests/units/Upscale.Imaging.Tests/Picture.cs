namespace Upscale.Imaging.Tests;

/// <summary>A whole small picture: planes of width x height floats, colours first, then alpha if there is one.</summary>
internal sealed record Picture(int Width, int Height, int Channels, bool HasAlpha, float[] Values)
{
    public int Planes => Channels + (HasAlpha ? 1 : 0);

    public ImageShape Shape => new(Width, Height, Channels);

    public float this[int plane, int x, int y] => Values[(((plane * Height) + y) * Width) + x];

    public static Picture Make(int width, int height, int channels, bool hasAlpha, Func<int, int, int, float> value)
    {
        int planes = channels + (hasAlpha ? 1 : 0);
        float[] values = new float[planes * width * height];
        for (int p = 0; p < planes; p++)
        {
            for (int i = 0; i < width * height; i++)
                values[(p * width * height) + i] = value(p, i % width, i / width);
        }

        return new Picture(width, height, channels, hasAlpha, values);
    }

    /// <summary>Every sample one of the 256 or 65536 steps, looking like noise.</summary>
    public static Picture Noise(int width, int height, int channels, bool hasAlpha, int depth, int seed = 1)
    {
        Random random = new(seed);
        int steps = 1 << depth;
        return Make(width, height, channels, hasAlpha, (_, _, _) => random.Next(steps) / (float)(steps - 1));
    }

    /// <summary>Slow gradients, which lossy formats keep well.</summary>
    public static Picture Smooth(int width, int height, int channels, bool hasAlpha)
        => Make(width, height, channels, hasAlpha, (p, x, y) => 0.2f + (0.6f * ((p == 1 ? width - x : x) + (p == 2 ? height - y : y)) / (width + height)));

    public static async Task<Picture> ReadAsync(ImageReader reader)
    {
        ImageShape shape = reader.Header.Shape;
        int area = shape.Width * shape.Height;
        float[] values = new float[area * (shape.Channels + (reader.Alpha is null ? 0 : 1))];
        await FillAsync(reader.Colours, values);
        if (reader.Alpha is not null)
            await FillAsync(reader.Alpha, values.AsMemory(area * shape.Channels));
        return new Picture(shape.Width, shape.Height, shape.Channels, reader.Alpha is not null, values);
    }

    public static async Task<Picture> ReadAsync(string path)
    {
        await using ImageReader reader = ImageReader.Open(path);
        return await ReadAsync(reader);
    }

    public IStripSource Colours(int rows = 7) => new PictureSource(this, 0, Channels, rows);

    public IStripSource? Alpha(int rows = 5) => HasAlpha ? new PictureSource(this, Channels, 1, rows) : null;

    public Task<IReadOnlyList<string>> WriteAsync(string path, EncodeOptions? options = null, ImageMetadata? metadata = null)
        => ImageWriter.WriteAsync(path, options ?? new EncodeOptions { Format = ImageFormats.FromPath(path) }, Colours(), Alpha(), metadata ?? ImageMetadata.None, CancellationToken.None);

    public float MaxDifference(Picture other)
    {
        Assert.Equal((Width, Height, Channels, HasAlpha), (other.Width, other.Height, other.Channels, other.HasAlpha));
        return Values.Zip(other.Values, (a, b) => Math.Abs(a - b)).Max();
    }

    private static async Task FillAsync(IStripSource source, Memory<float> values)
    {
        int next = 0;
        ImageShape shape = source.Shape;
        while (await source.ReadAsync(CancellationToken.None) is { } strip)
        {
            using (strip)
            {
                Assert.Equal((next, shape.Width, shape.Channels), (strip.Top, strip.Width, strip.Channels));
                for (int c = 0; c < shape.Channels; c++)
                    strip.Plane(c).CopyTo(values.Span[(((c * shape.Height) + next) * shape.Width)..]);
                next = strip.Bottom;
            }
        }

        Assert.Equal(shape.Height, next);
    }
}
