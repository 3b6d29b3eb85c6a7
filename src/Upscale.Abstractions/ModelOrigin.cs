namespace Upscale;

/// <summary>Where a network lies.</summary>
public enum ModelOrigin
{
    /// <summary>Anywhere: it was named by its path.</summary>
    Path,

    /// <summary>In the installation: it came with this program.</summary>
    Bundled,

    /// <summary>In the user's folder of networks, or one that the user named.</summary>
    User,
}
