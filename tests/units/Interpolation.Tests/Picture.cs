namespace Upscale.Interpolation.Tests;

/// <summary>A whole picture, planar.</summary>
internal sealed record Picture(ImageShape Shape, float[] Pixels)
{
    public float this[int channel, int y, int x] => Pixels[(((channel * Shape.Height) + y) * Shape.Width) + x];

    public static Picture Create(ImageShape shape, Func<int, int, int, float> pixel)
    {
        float[] pixels = new float[shape.Pixels * shape.Channels];
        int i = 0;
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            for (int y = 0; y < shape.Height; y++)
            {
                for (int x = 0; x < shape.Width; x++)
                    pixels[i++] = pixel(channel, y, x);
            }
        }

        return new Picture(shape, pixels);
    }

    public static Picture Random(ImageShape shape, int seed)
    {
        Random random = new(seed);
        return Create(shape, (_, _, _) => random.NextSingle());
    }
}
