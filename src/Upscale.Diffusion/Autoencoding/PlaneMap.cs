namespace Upscale.Diffusion.Autoencoding;

/// <summary>value x factor + offset, plane by plane.</summary>
/// <param name="Factors">One for each plane, or one for all.</param>
/// <param name="Offsets">One for each plane, or one for all.</param>
internal sealed record PlaneMap(double[] Factors, double[] Offsets)
{
    /// <summary>Changes the values of all planes.</summary>
    public void Apply(Tile tile)
    {
        for (int c = 0; c < tile.Channels; c++)
            Apply(c, tile.Plane(c));
    }

    /// <summary>Changes the values of one plane.</summary>
    public void Apply(int channel, Span<float> values)
    {
        double factor = Factors[channel % Factors.Length];
        double offset = Offsets[channel % Offsets.Length];
        foreach (ref float value in values)
            value = (float)((value * factor) + offset);
    }
}
