namespace Upscale;

/// <summary>A rectangle of a picture in pixels; fractions of pixels count.</summary>
/// <param name="X">Left edge: 0 is the left edge of the first column.</param>
/// <param name="Y">Upper edge: 0 is the upper edge of the first row.</param>
/// <param name="Width">Over 0.</param>
/// <param name="Height">Over 0.</param>
public readonly record struct ImageRegion(double X, double Y, double Width, double Height)
{
    /// <summary>The same place, seen from outside: this region lies in a picture that shows <paramref name="outer"/> of another one.</summary>
    /// <param name="size">Size of the picture that this region lies in.</param>
    /// <param name="outer">What that picture shows of the other one.</param>
    public ImageRegion Within(ImageShape size, ImageRegion outer)
    {
        (double across, double down) = (outer.Width / size.Width, outer.Height / size.Height);
        return new ImageRegion(outer.X + (X * across), outer.Y + (Y * down), Width * across, Height * down);
    }
}
