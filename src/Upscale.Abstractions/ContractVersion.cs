namespace Upscale;

/// <summary>The version of this contract. A plugin names the major it was built for; another major is refused.</summary>
public static class ContractVersion
{
    /// <summary>Raised when a change breaks plugins.</summary>
    public const int Major = 1;
}
