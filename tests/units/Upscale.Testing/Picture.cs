namespace Upscale.Testing;

/// <summary>A whole picture in memory, for tests: planar float32.</summary>
public sealed class Picture(ImageShape shape, float[] data)
{
    /// <summary>Its size.</summary>
    public ImageShape Shape => shape;

    /// <summary>Channel by channel, row by row.</summary>
    public float[] Data => data;

    /// <summary>One value.</summary>
    public float this[int channel, int y, int x] => data[(((channel * shape.Height) + y) * shape.Width) + x];

    /// <summary>A picture computed pixel by pixel.</summary>
    public static Picture Make(ImageShape shape, Func<int, int, int, float> valueOfChannelYX)
    {
        var data = new float[shape.Channels * shape.Height * shape.Width];
        int i = 0;
        for (int c = 0; c < shape.Channels; c++)
        {
            for (int y = 0; y < shape.Height; y++)
            {
                for (int x = 0; x < shape.Width; x++)
                    data[i++] = valueOfChannelYX(c, y, x);
            }
        }

        return new Picture(shape, data);
    }

    /// <summary>Smooth shapes with detail and a little noise, values 0..1.</summary>
    public static Picture Sample(ImageShape shape, int seed = 1)
    {
        var random = new Random(seed);
        return Make(shape, (c, y, x) => Math.Clamp(
            0.5f + (0.3f * MathF.Sin((x * 0.11f) + c)) + (0.2f * MathF.Cos(y * 0.07f * (c + 1))) + (0.1f * (random.NextSingle() - 0.5f)), 0, 1));
    }

    /// <summary>Values 0..1 that have nothing to do with each other.</summary>
    public static Picture Random(ImageShape shape, int seed)
    {
        var random = new Random(seed);
        return Make(shape, (_, _, _) => random.NextSingle());
    }

    /// <summary>Reads a source to its end and disposes it.</summary>
    public static async Task<Picture> ReadAsync(IStripSource source, CancellationToken cancellationToken = default)
    {
        await using (source)
        {
            ImageShape shape = source.Shape;
            var data = new float[shape.Channels * shape.Height * shape.Width];
            int next = 0;
            while (await source.ReadAsync(cancellationToken) is { } strip)
            {
                using (strip)
                {
                    if (strip.Top != next || strip.Width != shape.Width || strip.Channels != shape.Channels)
                        throw new InvalidDataException($"A strip begins at row {strip.Top} where {next} was next.");
                    for (int c = 0; c < shape.Channels; c++)
                        strip.Plane(c).CopyTo(data.AsSpan((((c * shape.Height) + next) * shape.Width)));
                    next = strip.Bottom;
                }
            }

            if (next != shape.Height)
                throw new InvalidDataException($"The source ended at row {next} of {shape.Height}.");
            return new Picture(shape, data);
        }
    }

    /// <summary>The picture as a source that gives strips of the given heights, the last one again and again.</summary>
    public ArraySource Source(params int[] stripHeights) => new(this, stripHeights.Length == 0 ? [16] : stripHeights);

    /// <summary>Largest absolute difference to a picture of the same size.</summary>
    public float Difference(Picture other)
    {
        if (other.Shape != shape)
            throw new ArgumentException($"{other.Shape} is not {shape}.");
        float largest = 0;
        for (int i = 0; i < data.Length; i++)
        {
            float difference = MathF.Abs(data[i] - other.Data[i]);
            if (!(difference <= largest))
                largest = difference;
        }

        return largest;
    }

    /// <summary>Peak signal-to-noise ratio in dB over all channels, values 0..1 rounded to 8 bit first, as files hold them.</summary>
    public double Psnr8(Picture truth)
    {
        double sum = 0;
        for (int i = 0; i < data.Length; i++)
        {
            double difference = Round(data[i]) - Round(truth.Data[i]);
            sum += difference * difference;
        }

        return 10 * Math.Log10(255.0 * 255.0 / (sum / data.Length));

        static double Round(float value) => Math.Floor((Math.Clamp(value, 0, 1) * 255) + 0.5);
    }
}
