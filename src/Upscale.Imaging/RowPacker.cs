using System.Runtime.InteropServices;

namespace Upscale.Imaging;

/// <summary>Packs rows of planar floats into the interleaved samples of a file.</summary>
internal sealed class RowPacker
{
    // Alpha that rounds to 255.
    private const float Opaque = 254.5f / 255;

    private readonly StripWindow _colours;
    private readonly StripWindow? _alpha;
    private readonly RgbColour? _background;
    private readonly int _width;
    private readonly int _bands;
    private readonly int _bits;
    private readonly float[] _flat;
    private readonly byte[] _bytes;
    private readonly ushort[] _words;
    private readonly float[] _floats;
    private readonly float[] _offsets;

    /// <param name="colours">1 or 3 channels.</param>
    /// <param name="alpha">Of the same size; null for none.</param>
    /// <param name="background">What the colours are put over, so that no alpha is left; null to keep alpha.</param>
    /// <param name="depth">Of the samples.</param>
    /// <param name="bits">How many of 16 bits are to be used.</param>
    /// <param name="dither">As <see cref="EncodeOptions.Dither"/>.</param>
    public RowPacker(StripWindow colours, StripWindow? alpha, RgbColour? background, SampleDepth depth, int bits, bool dither)
    {
        _bits = bits;
        _colours = colours;
        _alpha = alpha;
        _background = background;
        _width = colours.Shape.Width;
        _bands = colours.Shape.Channels + (alpha is null || background is not null ? 0 : 1);
        _flat = background is not null ? new float[_width] : [];
        _bytes = depth == SampleDepth.Eight ? new byte[_width * _bands] : [];
        _words = depth == SampleDepth.Sixteen ? new ushort[_width * _bands] : [];
        _floats = depth == SampleDepth.Float ? new float[_width * _bands] : [];
        _offsets = dither && depth == SampleDepth.Eight ? new float[_width] : [];
    }

    /// <summary>True when a row that was put over the background was not opaque.</summary>
    public bool Transparent { get; private set; }

    /// <summary>Packs row <paramref name="y"/>, which the windows hold.</summary>
    public void Pack(int y, Span<byte> row)
    {
        Dither.Row(y, _offsets);
        for (int band = 0; band < _bands; band++)
        {
            ReadOnlySpan<float> plane = Plane(band, y);
            if (_floats.Length > 0)
                SampleConverter.ToFloats(plane, _floats.AsSpan(band * _width, _width), isAlpha: band == _colours.Shape.Channels);
            else if (_words.Length > 0)
                SampleConverter.ToWords(plane, _bits, _words.AsSpan(band * _width, _width));
            else
                SampleConverter.ToBytes(plane, _offsets, _bytes.AsSpan(band * _width, _width));
        }

        if (_floats.Length > 0)
            SampleConverter.Interleave<float>(_floats, _bands, MemoryMarshal.Cast<byte, float>(row));
        else if (_words.Length > 0)
            SampleConverter.Interleave<ushort>(_words, _bands, MemoryMarshal.Cast<byte, ushort>(row));
        else
            SampleConverter.Interleave<byte>(_bytes, _bands, row);
    }

    private ReadOnlySpan<float> Plane(int band, int y)
    {
        if (band == _colours.Shape.Channels)
            return _alpha!.Row(0, y);
        ReadOnlySpan<float> colour = _colours.Row(band, y);
        if (_background is null)
            return colour;
        ReadOnlySpan<float> alpha = _alpha!.Row(0, y);
        Transparent |= alpha.ContainsAnyExceptInRange(Opaque, float.MaxValue);
        SampleConverter.Over(colour, alpha, _background!.Value.Channel(band, _colours.Shape.Channels), _flat);
        return _flat;
    }
}
