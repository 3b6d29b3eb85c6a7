namespace Upscale.Imaging.Metadata;

/// <summary>What is no longer true of a picture's EXIF data, XMP and texts when the picture has become another.</summary>
/// <param name="Width">Of the result, in pixels.</param>
/// <param name="Height">Of the result, in pixels.</param>
/// <param name="KeepGps">False to take the place out.</param>
/// <param name="Software">ASCII for the field Software in place of what stands there; null to leave it.</param>
/// <param name="Resolution">Set where the data has none, or another one by <paramref name="Stretch"/>; null for none.</param>
/// <param name="Stretch">What the resolution that the source had was multiplied by, across and down; null where it stays.</param>
internal sealed record ExifChanges(int Width, int Height, bool KeepGps, string? Software, Resolution? Resolution, (double X, double Y)? Stretch);
