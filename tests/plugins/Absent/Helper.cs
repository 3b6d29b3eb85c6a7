namespace Absent;

/// <summary>What a plugin uses and does not bring along.</summary>
public static class Helper
{
    /// <summary>As large as it is.</summary>
    public static float Same(float value) => value;
}
