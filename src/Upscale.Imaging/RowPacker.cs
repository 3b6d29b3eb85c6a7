using System.Runtime.InteropServices;

namespace Upscale.Imaging;

/// <summary>Packs rows of planar floats into the interleaved samples of a file of 8 or 16 bits.</summary>
internal sealed class RowPacker
{
    // Alpha that rounds to 255.
    private const float Opaque = 254.5f / 255;

    private readonly StripWindow _colours;
    private readonly StripWindow? _alpha;
    private readonly bool _flatten;
    private readonly int _width;
    private readonly int _bands;
    private readonly float[] _flat;
    private readonly byte[] _bytes;
    private readonly ushort[] _words;

    public RowPacker(StripWindow colours, StripWindow? alpha, bool flatten, int depth)
    {
        _colours = colours;
        _alpha = alpha;
        _flatten = flatten;
        _width = colours.Shape.Width;
        _bands = colours.Shape.Channels + (alpha is null || flatten ? 0 : 1);
        _flat = flatten ? new float[_width] : [];
        _bytes = depth == 8 ? new byte[_width * _bands] : [];
        _words = depth == 16 ? new ushort[_width * _bands] : [];
    }

    /// <summary>True when a row that was put over white was not opaque.</summary>
    public bool Transparent { get; private set; }

    /// <summary>Packs row <paramref name="y"/>, which the windows hold.</summary>
    public void Pack(int y, Span<byte> row)
    {
        for (int band = 0; band < _bands; band++)
        {
            ReadOnlySpan<float> plane = Plane(band, y);
            if (_words.Length > 0)
                SampleConverter.ToWords(plane, _words.AsSpan(band * _width, _width));
            else
                SampleConverter.ToBytes(plane, _bytes.AsSpan(band * _width, _width));
        }

        if (_words.Length > 0)
            SampleConverter.Interleave<ushort>(_words, _bands, MemoryMarshal.Cast<byte, ushort>(row));
        else
            SampleConverter.Interleave<byte>(_bytes, _bands, row);
    }

    private ReadOnlySpan<float> Plane(int band, int y)
    {
        if (band == _colours.Shape.Channels)
            return _alpha!.Row(0, y);
        ReadOnlySpan<float> colour = _colours.Row(band, y);
        if (!_flatten)
            return colour;
        ReadOnlySpan<float> alpha = _alpha!.Row(0, y);
        Transparent |= alpha.ContainsAnyExceptInRange(Opaque, float.MaxValue);
        SampleConverter.OverWhite(colour, alpha, _flat);
        return _flat;
    }
}
