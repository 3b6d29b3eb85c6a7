namespace Upscale.Imaging.Metadata;

/// <summary>A directory of a TIFF file that is a picture of its own.</summary>
/// <param name="Index">Its place among all directories, from 0.</param>
/// <param name="At">Where it is.</param>
internal sealed record TiffPage(int Index, long At);
